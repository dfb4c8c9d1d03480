/**
 * Promise: Ctrl-C while a calibration has a rail off ends it without the rest of its dark time, and the rail is on again; a
 * second one, where there is time for it, does no harm.
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

const NAME = 'hasty';
const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
afterAll(() => state.clean(NAME));

const READY = 'another Ctrl-C from now on restores power and ends at once';

/** From the end of a measurement to the middle of the next one's outage: its load is shorter, its dark time longer. */
const INTO_THE_DARK_MS = 1200;

it('interrupted in the dark, and again once that would hurry', async () => {
  const file = join(state.dir, 'rig.yaml');
  const text = tinyRigText(NAME, { cycles: 1, dark: '6s', cuts: ['{ rails: [P], during: load, after: 100ms }'] });
  writeFileSync(file, text);
  await labUp(NAME, parseRig(text, file).lab!);
  let interrupting: Promise<void> | null = null;
  const ended = await cli(['relay', 'calibrate', file, '--cuts', '2', '--out', join(state.dir, 'out')], {
    env,
    onOutput(stdout, child) {
      if (interrupting !== null || !stdout.includes('cut 0:')) return;
      interrupting = sleep(INTO_THE_DARK_MS).then(() => void child.kill('SIGINT'));
    },
    onError(stderr, child) {
      if (stderr.includes(READY)) child.kill('SIGINT');
    },
  });
  expect([ended.code, ended.stdout.includes('cut 1:')], ended.stderr).toEqual([130, false]);
  const states = await cli(['relay', 'state', file, '--json'], { env });
  expect((JSON.parse(states.stdout) as { state: string }[]).map((r) => r.state)).toEqual(['on', 'on', 'on']);
});
