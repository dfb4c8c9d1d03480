/**
 * Ctrl-C while a calibration has a rail off ends it before the power-off time is over, and switches the rail on. A
 * second Ctrl-C does no harm.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { labUp } from '../../src/lab/lab.js';
import { parseRig } from '../../src/rig/load.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const NAME = 'interrupted-calibration';
const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
afterAll(() => state.clean(NAME));

const READY = 'another Ctrl-C from now on restores power and ends at once';

/**
 * From the end of a measurement into the power-off time of the next: longer than its load, shorter than load and
 * `dark`.
 */
const INTO_POWER_OFF_MS = 1200;

it('interrupted during the power-off time, and again once a second Ctrl-C counts', async () => {
  const file = join(state.dir, 'rig.yaml');
  const text = tinyRigText(NAME, { cycles: 1, dark: '6s', cuts: ['{ rails: [P], during: load, after: 100ms }'] });
  writeFileSync(file, text);
  await labUp(NAME, parseRig(text, file).lab!);
  let interrupting: Promise<void> | null = null;
  const ended = await cli(['relay', 'calibrate', file, '--cuts', '2', '--out', join(state.dir, 'out')], {
    env,
    onOutput(stdout, child) {
      if (interrupting !== null || !stdout.includes('cut 0:')) return;
      interrupting = sleep(INTO_POWER_OFF_MS).then(() => void child.kill('SIGINT'));
    },
    onError(stderr, child) {
      if (stderr.includes(READY)) child.kill('SIGINT');
    },
  });
  expect([ended.code, ended.stdout.includes('cut 1:')], ended.stderr).toEqual([130, false]);
  const states = await cli(['relay', 'state', file, '--json'], { env });
  expect((JSON.parse(states.stdout) as { state: string }[]).map((r) => r.state)).toEqual(['on', 'on', 'on']);
});
