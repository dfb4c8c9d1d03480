/** A run whose metrics port is in use is refused before it starts: it leaves no run directory and no lab. */
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { labStatus } from '../../src/lab/lab.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const NAME = 'portless';
const state = ownStateDir();
afterAll(() => state.clean(NAME));

it('exit 2, and the message names the TCP port', async () => {
  const file = join(state.dir, 'rig.yaml');
  writeFileSync(file, tinyRigText(NAME, { cycles: 1, cuts: ['{ rails: [P], during: load, after: 100ms }'] }));
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = other.address() as AddressInfo;
    const out = join(state.dir, 'out');
    const run = await cli(['run', file, '--out', out, '--metrics', String(port)], {
      env: { PLUGPULL_STATE_DIR: state.dir },
    });
    expect([run.code, run.stdout], run.stderr).toEqual([2, '']);
    expect(run.stderr).toContain(`port ${port}`);
    expect(existsSync(out)).toBe(false);
    expect(await labStatus(NAME)).toBeNull();
  } finally {
    other.close();
  }
});
