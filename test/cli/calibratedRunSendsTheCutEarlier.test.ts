/** Measures a lab whose latencies are known, and runs with what it measured. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Calibration } from '../../src/campaign/cycle/latencies.js';
import { labStatus } from '../../src/lab/lab.js';
import type { CycleRecord } from '../../src/report/runRecord.js';
import { boardRigText, canRunLab } from '../campaign/boardRig.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';

/** Far longer than a busy machine keeps a process waiting. */
const HOLD_UP_MS = 1200;
/** Time for the lead. */
const AFTER_MS = 2000;
/** On a busy machine a process learns late that its command is out, and takes the time from then on for the latency. */
const FELT_MS_MIN = HOLD_UP_MS / 2;
const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
afterAll(() => state.clean('calibrated'));

it.skipIf(!canRunLab)('stores what each rail takes, and a run aims with it', async () => {
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
    // The contact's 5 ms and the supply's hold-up; the return knows no hold-up.
    expect(rail.cut.min).toBeGreaterThan(FELT_MS_MIN);
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
  // Without a lead it would come the whole hold-up too late.
  expect(cycles[0].aim!.missedByMs).toBeLessThan(HOLD_UP_MS);
  // Too soon for a lead: the command goes out at once, and the miss is told.
  expect(cycles[1].aim!.missedByMs).toBeGreaterThan(FELT_MS_MIN);
  expect(readFileSync(join(run, 'report.html'), 'utf8')).toMatch(
    /off its aim[^]*[+−][\d.]+ m?s, sent [\d.]+ m?s ahead/,
  );
});

it.skipIf(!canRunLab)('refuses a calibration of another rig, and what is none', async () => {
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
