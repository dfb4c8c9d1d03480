/**
 * A device with power that never answers: the command ends and reports the I/Os that are left. The kernel keeps the
 * devices open after the process has ended, so the next command is refused and names that process. Once the device
 * answers, commands work again.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadRig } from '../../src/rig/load.js';
import { rigUuid } from '../../src/rig/resolved.js';
import { ownStateDir } from '../campaign/labRig.js';
import { freezableLoop } from '../blockdev/frozen.js';
import { MIB, useMirrors } from '../replication/mirror.js';
import { cli } from './cli.js';

/** For a hang only. */
const HANG_MS = 90_000;
const NAME = 'never-answers';
const AREA_BYTES = 4 * MIB;
const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const file = join(state.dir, 'rig.yaml');
const mirrors = useMirrors();
afterAll(() => state.clean());

const locks = (): string[] => readdirSync(state.dir).filter((name) => name.includes('.lock'));

it('a secondary that never answers keeps the rig locked until it answers', async () => {
  const secondary = freezableLoop(mirrors.loops, 'frozen');
  const devices = { ...mirrors.devices({ areaBytes: AREA_BYTES }), secondary };
  const area = ({ path, file: behind }: { path: string; file: string }): string =>
    `device: ${path}, backingFile: ${behind}`;
  const profile = `schemaVersion: 1
name: ${NAME}
regionSize: 64KiB
primary: { ${area(devices.primary)} }
secondary: { ${area(secondary)} }
journal: { ${area(devices.journal)}, logSize: 1MiB }
`;
  // Short deadlines: the device does not answer at all.
  writeFileSync(file, `${profile}tracking: { ackTimeout: 300ms }\ncampaign: { deadlines: { return: 1s } }\n`);
  const rig = loadRig(file);
  const engine = await mirrors.engine();
  await engine.open({ ...mirrors.spec(devices), rigUuid: rigUuid(rig), historyDir: null });
  await engine.format('dirty');
  await engine.close();

  secondary.freeze();
  try {
    let pid = 0;
    const resync = await cli(['resync', file], { env, hangMs: HANG_MS, onStart: (child) => (pid = child.pid!) });
    expect(resync.code, resync.stderr).not.toBe(0);
    expect(resync.signal).toBeNull();
    expect(resync.stderr).toMatch(new RegExp(`I/Os left unanswered: secondary \\d+.*rig "${NAME}" locked`));
    expect(locks()).toHaveLength(1);

    // Twice: the first refusal must not remove the lock.
    for (let i = 0; i < 2; i++) {
      const verify = await cli(['verify', file, '--json'], { env, hangMs: HANG_MS });
      expect(verify.code, verify.stderr).toBe(4);
      expect(verify.stderr).toMatch(
        new RegExp(`process ${pid} \\(plugpull resync, since 20.*has ended, and the kernel still holds its devices`),
      );
      expect(JSON.parse(verify.stdout)).toMatchObject({ error: { code: 'DEVICE_BUSY' } });
    }
  } finally {
    secondary.thaw();
  }
  // The default deadlines again: on a busy host the device may answer late.
  writeFileSync(file, profile);
  const again = await cli(['resync', file, '--json'], { env, hangMs: HANG_MS });
  expect(again.code, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({ resync: { complete: true } });
  expect(locks()).toEqual([]);
});
