/**
 * One SIGINT, SIGTERM or SIGHUP while a calibration or a run has a rail off, however long the power-off time: every
 * rail is switched on, and the command reports it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAreaProbe, type AreaProbe } from '../../src/campaign/session/deviceReads.js';
import { systemClock } from '../../src/base/systemClock.js';
import { labUp } from '../../src/lab/lab.js';
import { parseRig } from '../../src/rig/load.js';
import { canRunLab } from '../campaign/boardRig.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const NAME = 'signals-off';
const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const file = join(state.dir, 'rig.yaml');
let probe: AreaProbe;
/** On a busy host a virtual disk may answer late. */
const SAID = /(power on|rails switched on, primary not answering yet), devices released/;

beforeAll(async () => {
  if (!canRunLab) return;
  const text = tinyRigText(NAME, { cycles: 1, dark: '10min', cuts: ['{ rails: [P], during: load, after: 100ms }'] });
  writeFileSync(file, text);
  const lab = await labUp(NAME, parseRig(text, file).lab!);
  probe = createAreaProbe(() => lab.disks.p.node, systemClock);
});
afterAll(async () => {
  probe?.close();
  await state.clean(NAME);
});

describe.skipIf(!canRunLab)('a signal during the power-off time', () => {
  it.each([
    ['relay calibrate', 'SIGINT'],
    ['relay calibrate', 'SIGTERM'],
    ['relay calibrate', 'SIGHUP'],
    ['run', 'SIGTERM'],
    ['run', 'SIGHUP'],
  ] as const)('%s, %s', async (command, signal) => {
    let ended = false;
    const out = join(state.dir, `out-${command.replace(' ', '-')}-${signal}`);
    const result = await cli([...command.split(' '), file, '--out', out], {
      env,
      onStart: (child) =>
        void (async () => {
          while (!ended && (await probe.probe('primary')) === null) await sleep(20);
          child.kill(signal);
        })(),
    });
    ended = true;
    expect([result.code, result.signal], result.stderr).toEqual([130, null]);
    expect(result.stdout + result.stderr).toMatch(SAID);
    const states = await cli(['relay', 'state', file, '--json'], { env });
    expect((JSON.parse(states.stdout) as { state: string }[]).map((r) => r.state)).toEqual(['on', 'on', 'on']);
    await expect.poll(() => probe.probe('primary'), { timeout: 30_000 }).toBeNull();
  });
});
