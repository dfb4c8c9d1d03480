/** `relay calibrate` measures a lab whose latencies are known; a run with that calibration sends its cuts earlier. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Calibration } from '../../src/campaign/cycle/latencies.js';
import { labStatus } from '../../src/lab/lab.js';
import type { CycleRecord } from '../../src/report/runRecord.js';
import { boardRigText, canRunLab } from '../campaign/boardRig.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';

/** Far longer than a busy host delays a process. */
const HOLD_UP_MS = 1200;
/** Longer than the hold-up, so that the command can go out early enough. */
const AFTER_MS = 2000;
/** On a busy host a process notices late that its command was sent, and counts the latency only from then. */
const LATENCY_MS_MIN = HOLD_UP_MS / 2;
const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
afterAll(() => state.clean('calibrated'));

it.skipIf(!canRunLab)('the latency of each rail is stored, and a run leads its cuts by it', async () => {
  const file = join(state.dir, 'calibrated.yaml');
  const cuts = [`{ rails: [P, S], during: load, after: ${AFTER_MS}ms }`, '{ rails: [S], during: load, after: 20ms }'];
  writeFileSync(
    file,
    boardRigText({
      name: 'calibrated',
      type: 'modbus-rtu',
      channels: 8,
      cuts,
      cycles: 2,
      disk: `, holdUp: ${HOLD_UP_MS}ms`,
    }),
  );
  const out = join(state.dir, 'measured');
  const measured = await cli(['relay', 'calibrate', file, '--cuts', '2', '--out', out], { env });
  expect(measured.code, measured.stderr).toBe(0);
  expect(await labStatus('calibrated')).toBeNull();
  const calibration = JSON.parse(readFileSync(join(out, 'calibration.json'), 'utf8')) as Calibration;
  expect(Object.keys(calibration.rails)).toEqual(['P', 'S', 'J']);
  for (const rail of Object.values(calibration.rails)) {
    expect(rail.cut.samples).toHaveLength(2);
    // The contact's 5 ms and the hold-up of the supply; power returns without a hold-up.
    expect(rail.cut.min).toBeGreaterThan(LATENCY_MS_MIN);
    expect(rail.return.min).toBeGreaterThan(0);
    expect(rail.cut.min <= rail.cut.median && rail.cut.median <= rail.cut.p95 && rail.cut.p95 <= rail.cut.max).toBe(
      true,
    );
  }

  const run = join(state.dir, 'led');
  const led = await cli(['run', file, '--calibration', out, '--out', run], { env });
  expect(led.code, led.stdout + led.stderr).toBe(0);
  const cycles = readFileSync(join(run, 'cycles.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as CycleRecord);
  const { P, S } = calibration.rails;
  expect(cycles[0].aim).toMatchObject({ afterMs: AFTER_MS, leadMs: Math.min(P.cut.median, S.cut.median) });
  // Without a lead the cut would be late by all of the hold-up.
  expect(cycles[0].aim!.missedByMs).toBeLessThan(HOLD_UP_MS);
  // Too soon for a lead: the command is sent at once, and the record has the miss.
  expect(cycles[1].aim!.missedByMs).toBeGreaterThan(LATENCY_MS_MIN);
  expect(readFileSync(join(run, 'report.html'), 'utf8')).toMatch(
    /off its aim[^]*[+−][\d.]+ m?s, sent [\d.]+ m?s ahead/,
  );
});

it.skipIf(!canRunLab)('a calibration of another rig, or a file that is none, is refused: exit 2', async () => {
  const file = join(state.dir, 'other.yaml');
  writeFileSync(file, boardRigText({ name: 'other', type: 'lcus', channels: 4 }));
  const foreign = join(state.dir, 'foreign.json');
  writeFileSync(foreign, JSON.stringify({ schemaVersion: 1, rig: 'calibrated', takenAt: '', rails: {} }));
  for (const [path, message] of [
    [foreign, /belongs to rig "calibrated"/],
    [file, /is no calibration of this rig: .*(Invalid|JSON|✖)/],
    [join(state.dir, 'nowhere'), /ENOENT/],
  ] as const) {
    const result = await cli(['run', file, '--calibration', path], { env });
    expect(result.code, result.stderr).toBe(2);
    expect(result.stderr).toMatch(message);
  }
});
