/**
 * kill -9 of the bench while the power is off and the disks are unresponsive: the kernel keeps the process, with its
 * locks and its exclusive opens, until its I/O ends, which happens only with power. `resync` restores the power
 * nevertheless.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { labUp } from '../../src/lab/lab.js';
import { parseRig } from '../../src/rig/load.js';
import { processNow } from '../../src/power/transport/ttyLock.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { expectResyncMakesCopiesEqual } from './expectCopiesEqual.js';
import { tinyRigText } from './tinyRig.js';

/** For a hang only. */
const HANG_MS = 60_000;
const NAME = 'killed-held';
const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const file = join(state.dir, 'rig.yaml');
afterAll(() => state.clean(NAME));

it('a killed bench with I/O in flight blocks neither the rig nor the board', async () => {
  const unresponsive = 'killModel: mixed, silent: retry';
  const text = tinyRigText(NAME, {
    cycles: 1,
    cuts: ['{ rails: [P, S, J], during: load, after: 200ms }'],
    dark: '10min',
    disks: { p: unresponsive, s: unresponsive, j: unresponsive },
  });
  writeFileSync(file, text);
  await labUp(NAME, parseRig(text, file).lab!);
  let pid = 0;
  const killed = cli(['run', file, '--out', join(state.dir, 'out')], {
    env,
    onOutput: (stdout, child) => {
      if (!stdout.includes('  cut:') || pid !== 0) return;
      pid = child.pid!;
      child.kill('SIGKILL');
    },
  });
  await expect.poll(() => pid, { timeout: HANG_MS }).toBeGreaterThan(0);
  await expect.poll(() => processNow(pid), { timeout: HANG_MS }).toMatchObject({ isDying: true });

  await expectResyncMakesCopiesEqual(file, env);
  expect((await killed).signal).toBe('SIGKILL');
});
