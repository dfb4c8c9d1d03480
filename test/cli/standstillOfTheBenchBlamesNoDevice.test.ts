/**
 * Promise: a bench that is stopped for seconds, alone or with its lab, in whatever phase, blames no device for it: each
 * cycle passes, or is repeated and passes then, and the standstill is on the record. PLUGPULL_LONG=1 stops it 30 times,
 * for 0.2 to 20 s.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { canRunLab } from '../campaign/boardRig.js';
import { ownStateDir } from '../campaign/labRig.js';
import { createPrng } from '../../src/base/prng.js';
import { eventsOf, runStopped, type Stop } from './stoppedBench.js';

const LONG = process.env.PLUGPULL_LONG !== undefined;
const RIG = 'rigs/virtual-mirror.yaml';
const NAME = 'virtual-mirror';
const CAMPAIGNS = LONG ? 3 : 1;
const STOPS = LONG ? 10 : 4;
const STOP_MS = { min: 200, max: LONG ? 20_000 : 3_000 };

/** A phase is printed when it has ended, so the next one runs; and how long that takes here, about. */
const MOMENTS: readonly (readonly [string, number])[] = [
  ['  preflight:', 450], // load
  ['  load:', 20], // arm
  ['  arm:', 100], // cut
  ['  cut:', 150], // dark
  ['  dark:', 120], // restore
  ['  restore:', 100], // identify
  ['  identify:', 60], // recover
  ['  recover:', 150], // judge
  ['  judge:', 40], // resync
  ['  resync:', 80], // verify
  ['  verify:', 20], // the next preflight
];
/** Longer than `ackTimeout`, with I/O on its way and the array awake. */
const UNDER_LOAD: Stop = { cycle: 0, after: '  preflight:', delayMs: 150, forMs: 5500, withLab: false };
/** Before the first cycle. */
const BEGINNINGS: readonly (readonly [string, number])[] = [
  ['  rails   ', 3000], // the lab starts
  ['open:', 500], // P and S are prepared
];

const state = ownStateDir();
afterAll(() => state.clean(NAME));

/** One before the first cycle, then one in each; all phases come up in turn over all campaigns, moment, length and company are drawn. */
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
          .filter((l) => /^cycle|stood/.test(l))
          .join('\n')}\n`,
      );
    expect(run.code, `${said}\n${run.stdout}\n${run.stderr}`).toBe(0);
    expect(run.stopped.length, said).toBe(STOPS);
    const { counts } = JSON.parse(readFileSync(join(run.out, 'run.json'), 'utf8')) as { counts: unknown };
    expect(counts).toEqual({ PASS: STOPS, FAIL: 0, INVALID: 0 });
    // Each is on the record, as long as it was. That of a lab's start may come before there is a record.
    const recorded = eventsOf(run.out, 'standstill').map((e) => e.ms as number);
    for (const { forMs, after } of run.stopped.filter(({ after }) => after !== 'record')) {
      expect(
        recorded.some((ms) => ms > 0.8 * forMs - 150),
        `${after} ${forMs}: ${recorded.join()}`,
      ).toBe(true);
    }
  });
});
