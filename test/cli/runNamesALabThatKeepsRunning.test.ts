/** Promise: a run that leaves a lab running prints the command that ends it; a run that ends its own lab does not. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { labStatus } from '../../src/lab/lab.js';
import { ownStateDir } from '../campaign/labRig.js';
import { canRunLab } from '../lab/labFixture.js';
import { cli, type CliOptions, type CliResult } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const NAME = 'keeps-running';
const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const file = join(state.dir, 'rig.yaml');
const out = join(state.dir, 'out');
writeFileSync(file, tinyRigText(NAME, { cuts: ['{ rails: [P, S], during: load, after: 50ms }'], cycles: 1 }));
afterAll(() => state.clean(NAME));

const HINT = `plugpull: lab ${NAME} is still running; to end it: plugpull lab down ${file}\n`;

function run(more: readonly string[] = [], options: CliOptions = {}): Promise<CliResult> {
  rmSync(out, { recursive: true, force: true });
  return cli(['run', file, '--out', out, ...more], { env, ...options });
}

describe.skipIf(!canRunLab)('a run', () => {
  beforeEach(async () => {
    await cli(['lab', 'down', file], { env });
  });

  it('that uses the lab of a killed run does not end it, and prints how to', async () => {
    const killed = await run([], {
      onOutput: (stdout, child) => {
        if (stdout.includes('  preflight:')) child.kill('SIGKILL');
      },
    });
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    const again = await run();
    expect(again.code, again.stderr + again.stdout).toBe(0);
    expect(again.stderr).toContain(HINT);
    expect(await labStatus(NAME)).not.toBe(null);
    const down = await cli(['lab', 'down', file], { env });
    expect(down.stdout).toBe(`lab ${NAME}: down\n`);
    expect(await labStatus(NAME)).toBe(null);
  });

  it('with --keep-lab prints how to end the lab', async () => {
    const kept = await run(['--keep-lab']);
    expect(kept.code, kept.stderr + kept.stdout).toBe(0);
    expect(kept.stderr).toContain(HINT);
  });

  it('that ends its own lab prints no such line', async () => {
    const own = await run();
    expect(own.code, own.stderr + own.stdout).toBe(0);
    expect(own.stderr).not.toContain('is still running');
    expect(await labStatus(NAME)).toBe(null);
  });
});
