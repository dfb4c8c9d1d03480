/**
 * A bench that is stopped for seconds (SIGSTOP), alone or with its lab, in any phase, reports no fault of a device:
 * each cycle passes, at once or when it is repeated, and events.jsonl has each stop. PLUGPULL_LONG=1 stops the bench 30
 * times, for 0.2 to 20 s.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { canRunLab } from '../campaign/boardRig.js';
import { ownStateDir } from '../campaign/labRig.js';
import { createPrng } from '../../src/base/prng.js';
import { phaseLine } from './cli.js';
import { eventsOf, runStopped, type Stop } from './stoppedBench.js';

const LONG = process.env.PLUGPULL_LONG !== undefined;
const RIG = 'rigs/virtual-mirror.yaml';
const NAME = 'virtual-mirror';
const CAMPAIGNS = LONG ? 3 : 1;
const STOPS = LONG ? 10 : 4;
const STOP_MS = { min: 200, max: LONG ? 20_000 : 3_000 };

/** The line of a phase is printed when the phase ends. The number is about how long the next phase takes, in ms. */
const MOMENTS: readonly (readonly [string, number])[] = [
  [phaseLine('preflight'), 450], // load
  [phaseLine('load'), 20], // arm
  [phaseLine('arm'), 100], // cut
  [phaseLine('cut'), 150], // the power-off time
  [phaseLine('dark'), 120], // restore
  [phaseLine('restore'), 100], // identify
  [phaseLine('identify'), 60], // recover
  [phaseLine('recover'), 150], // judge
  [phaseLine('judge'), 40], // resync
  [phaseLine('resync'), 80], // verify
  [phaseLine('verify'), 20], // the next preflight
];
/** Longer than `ackTimeout`, with I/Os in flight and the disks running. */
const UNDER_LOAD: Stop = { cycle: 0, after: phaseLine('preflight'), delayMs: 150, forMs: 5500, withLab: false };
/** The line after which the lab starts. */
const LAB_STARTS = '  rails   ';
/** Stops of this length and more must be recorded: a timer may be 100 ms late before the bench records it. */
const RECORDED_MS_MIN = 400;
/** Before the first cycle. */
const BEGINNINGS: readonly (readonly [string, number])[] = [
  [LAB_STARTS, 3000],
  ['open:', 500], // P and S are prepared
];

const state = ownStateDir();
afterAll(() => state.clean(NAME));

/**
 * One stop before the first cycle, then one in each cycle. The phase, its moment, the length and `withLab` are drawn by
 * seed.
 */
function stopsOf(campaign: number): Stop[] {
  const prng = createPrng(7 + campaign);
  return Array.from({ length: STOPS }, (_, i) => {
    const phase = campaign * STOPS + i;
    const [after, withinMs] =
      i === 0
        ? BEGINNINGS[campaign % BEGINNINGS.length]
        : LONG
          ? MOMENTS[phase % MOMENTS.length]
          : MOMENTS[prng.nextBelow(MOMENTS.length)];
    const forMs = STOP_MS.min * (STOP_MS.max / STOP_MS.min) ** prng.nextUnit();
    if (i === 1 && campaign === 0) return UNDER_LOAD;
    return {
      cycle: i === 0 ? null : i - 1,
      after,
      delayMs: prng.nextUnit() * withinMs,
      forMs,
      withLab: prng.nextBelow(2) === 1,
    };
  });
}

describe.skipIf(!canRunLab)('a campaign that is stopped and goes on', () => {
  it.each(Array.from({ length: CAMPAIGNS }, (_, i) => i))('passes (campaign %i)', async (campaign) => {
    const stops = stopsOf(campaign);
    const run = await runStopped(
      RIG,
      NAME,
      state.dir,
      join(state.dir, `out${campaign}`),
      ['--cycles', String(STOPS)],
      stops,
    );
    const said = JSON.stringify(run.stopped);
    if (LONG)
      process.stdout.write(
        `${said}\n${run.stdout
          .split('\n')
          .filter((l) => /^cycle/.test(l))
          .join('\n')}\n`,
      );
    expect(run.code, `${said}\n${run.stdout}\n${run.stderr}`).toBe(0);
    expect(run.stopped.length, said).toBe(STOPS);
    const { counts } = JSON.parse(readFileSync(join(run.out, 'run.json'), 'utf8')) as { counts: unknown };
    expect(counts).toEqual({ PASS: STOPS, FAIL: 0, INVALID: 0 });
    // One record for each stop, longest first. The record directory does not exist yet while the lab starts, and the
    // shortest stops are within what a busy host costs a timer.
    const recordedMs = eventsOf(run.out, 'standstill').map((e) => e.ms as number);
    const longestFirst = (values: readonly number[]): number[] => values.toSorted((a, b) => b - a);
    const stoppedMs = longestFirst(
      run.stopped.filter(({ after, forMs }) => after !== LAB_STARTS && forMs >= RECORDED_MS_MIN).map((s) => s.forMs),
    );
    expect(stoppedMs.length, said).toBeGreaterThanOrEqual(1);
    stoppedMs.forEach((ms, i) =>
      expect(longestFirst(recordedMs)[i], `stop ${i} of ${ms} ms; recorded ${recordedMs.join()}`).toBeGreaterThan(
        0.8 * ms - 150,
      ),
    );
  });
});
