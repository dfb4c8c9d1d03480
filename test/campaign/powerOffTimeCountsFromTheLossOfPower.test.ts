/** `campaign.dark` is the time without power: what the boards need to confirm the cut is a part of it. */
import { describe, expect, it } from 'vitest';
import { delay } from '../../src/base/clock.js';
import { CycleRunner } from '../../src/campaign/cycleRunner.js';
import { drawCycle } from '../../src/campaign/cycle/cycleSettings.js';
import type { CyclePhase, CycleState, SwitchRecord } from '../../src/campaign/cycle/cycleTypes.js';
import { FakeBench, RAILS, type FakeOptions } from './fakeBench.js';
import { campaign, WORKLOAD } from './runFake.js';

const OFF_MS = 100;

interface Cut {
  /** Of the phase after the cut. */
  phaseMs: number;
  /** From the first failure of the last area to the command that restores it. */
  withoutPowerMs: number;
  state: CycleState;
}

/** `boardMs`: from the switch of each rail, one after the other, until the board has confirmed it. */
async function cut(rails: string[], boardMs: number, options: FakeOptions = {}): Promise<Cut> {
  const bench = new FakeBench(options);
  const { clock } = bench;
  const direct = bench.power.switchAndRecord;
  let restoredNs = 0;
  bench.power.switchAndRecord = async (names, to) => {
    if (to === 'on') restoredNs = clock.nowNs();
    const done: SwitchRecord[] = [];
    for (const name of names) {
      done.push(...(await direct([name], to)));
      await delay(clock, boardMs);
    }
    return done;
  };
  let phaseMs = 0;
  const plan = drawCycle(campaign({ rails }), RAILS, 7, 0);
  const runner = new CycleRunner({ ...plan, powerOffMs: OFF_MS }, WORKLOAD, bench, {
    onPhase: (from: CyclePhase, _to, durationMs) => {
      if (from === 'dark') phaseMs = durationMs;
    },
  });
  const state = await clock.drive(runner.run());
  const firstNs = new Map<string, number>();
  for (const { area, atNs } of state.facts.cuts[0].signs) firstNs.set(area, Math.min(atNs, firstNs.get(area) ?? atNs));
  const lostNs = Math.max(...firstNs.values());
  return { phaseMs, withoutPowerMs: (restoredNs - lostNs) / 1e6, state };
}

describe('the power-off time', () => {
  it('is the time of the profile, however long the board takes to confirm the cut', async () => {
    for (const boardMs of [0, 10, 90]) {
      const { phaseMs, withoutPowerMs } = await cut(['P'], boardMs);
      expect(withoutPowerMs, `${boardMs} ms`).toBeCloseTo(OFF_MS, 3);
      expect(phaseMs, `${boardMs} ms`).toBeLessThanOrEqual(Math.min(OFF_MS, OFF_MS + 5 - boardMs));
    }
  });

  it('is longer only if the board takes longer than that', async () => {
    const { phaseMs, withoutPowerMs } = await cut(['P'], 300);
    expect(phaseMs).toBe(0);
    expect(withoutPowerMs).toBeGreaterThan(290);
    expect(withoutPowerMs).toBeLessThanOrEqual(300);
  });

  it('counts from the last area of a cut', async () => {
    const { withoutPowerMs } = await cut(['P', 'S'], 40);
    expect(withoutPowerMs).toBeCloseTo(OFF_MS, 3);
  });

  it('counts in full after a cut of which an area showed no loss', async () => {
    const { phaseMs, state } = await cut(['P', 'S'], 10, { welded: ['secondary'] });
    expect(phaseMs).toBe(OFF_MS);
    expect(state.facts.cuts[0].readableWhileOff).toEqual(['secondary']);
  });
});
