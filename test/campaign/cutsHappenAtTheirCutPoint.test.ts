/**
 * Promise: at a cut point the bench sends the power-off command when the engine reports the point. For a point whose
 * I/O must be in flight, the bench has the engine send that I/O when the power is expected to fail. The record says how
 * far the cut was from the point. The bench has no hardware here.
 */
import { describe, expect, it } from 'vitest';
import { distributionOf, type Calibration } from '../../src/campaign/cycle/latencies.js';
import { cycleRecord } from '../../src/campaign/cycle/cycleRecord.js';
import { CycleRunner } from '../../src/campaign/cycleRunner.js';
import type { CycleState } from '../../src/campaign/cycle/cycleTypes.js';
import { drawCycle } from '../../src/campaign/cycle/cycleSettings.js';
import type { PointEvent } from '../../src/replication/replicationEngine.js';
import type { CutPoint } from '../../src/replication/cutpoint/cutPoint.js';
import type { CutSpec } from '../../src/rig/resolved.js';
import { FakeBench, RAILS, type FakeOptions } from './fakeBench.js';
import { campaign, WORKLOAD } from './runFake.js';

const MS = 1e6;
const subject = { kind: 'log', area: 'journal', updateId: 0, offsetBytes: 4096, lengthBytes: 4096 } as const;

interface Wishes extends FakeOptions {
  calibration?: Calibration;
  /** Time from the beginning of the work until the engine reports its point; absent: the engine never reports it. */
  reachedMs?: number;
  held?: boolean;
  interruptMs?: number;
  ended?: Partial<Extract<PointEvent, { type: 'ended' }>>;
}

async function run(
  cut: Partial<CutSpec> & { at: CutPoint },
  w: Wishes = {},
): Promise<{ bench: FakeBench; state: CycleState; record: ReturnType<typeof cycleRecord> }> {
  const bench = new FakeBench(w);
  const reach = (): void => {
    bench.calls.push('reached');
    bench.point({ type: 'reached', at: cut.at, held: w.held ?? true, atNs: bench.clock.nowNs(), subject });
  };
  const spec = campaign({ afterMs: { min: 100, max: 100 }, ...cut });
  const runner = new CycleRunner(drawCycle(spec, RAILS, 7, 0, w.calibration ?? null), WORKLOAD, bench, {
    onPhase(_from, to, _ms, { settings, roundIndex, step }) {
      if (step === 'working' && roundIndex === settings.rounds.length - 1 && w.reachedMs !== undefined)
        bench.clock.after(w.reachedMs, reach);
      // The engine leaves its halt when the bench announces the loss of power, at the beginning of the power-off time.
      if (to === 'dark')
        bench.point({
          type: 'ended',
          atNs: bench.clock.nowNs(),
          sentNs: null,
          endedNs: null,
          ok: false,
          inFlight: {},
          ...w.ended,
        });
    },
  });
  if (w.interruptMs !== undefined) bench.clock.after(w.interruptMs, () => runner.interrupt());
  const state = await bench.clock.drive(runner.run());
  return { bench, state, record: cycleRecord(state, spec.limits) };
}

function calibrated(ms: Record<string, number>): Calibration {
  const rails = Object.fromEntries(
    Object.entries(ms).map(([rail, cut]) => [rail, { cut: distributionOf([cut]), return: distributionOf([1]) }]),
  );
  return { schemaVersion: 1, rig: 'fake', takenAt: '', rails };
}

describe('a cut at a point at which the engine halts', () => {
  it('happens as soon as the engine reports that it has halted, at any time', async () => {
    const { bench, record } = await run({ at: 'both-completed' }, { reachedMs: 640, holdUpMs: 15 });
    expect(bench.calls.slice(0, 3)).toEqual(['load', 'reached', 'off P']);
    expect(record.aim!.point).toMatchObject({ intoMs: 640 });
    expect(record.verdict).toBe('PASS');
    expect(record.aim).toMatchObject({
      leadMs: 0,
      missedByMs: 0,
      inFlight: {},
      point: { name: 'both-completed', reached: true, held: true, stoodMs: expect.closeTo(15, 0) as number },
    });
  });

  it('gives the engine the point, its earliest time and the areas that lose power', async () => {
    const bench = new FakeBench();
    let armed: unknown = null;
    bench.engine.load = (_w, _seed, _ms, point) => {
      armed = point;
      return Promise.reject(new Error('this test needs no load'));
    };
    const spec = campaign({ rails: ['P', 'S'], at: 'primary-only', afterMs: { min: 300, max: 300 } });
    await bench.clock.drive(
      new CycleRunner(drawCycle(spec, RAILS, 7, 0), WORKLOAD, bench, { onPhase: () => undefined }).run(),
    );
    expect(armed).toEqual({ at: 'primary-only', afterMs: 300, areas: ['primary', 'secondary'] });
  });

  it('is recorded as late when the engine continued before the power failed', async () => {
    const { record } = await run(
      { at: 'both-completed' },
      { reachedMs: 200, holdUpMs: 30, ended: { atNs: (1000 + 210) * MS } },
    );
    expect(record.aim!.missedByMs).toBeCloseTo(20, 0);
  });

  it('interrupts a resync and a recovery at their points', async () => {
    for (const at of ['copy-read', 'dirty-read'] as const) {
      const during = at === 'copy-read' ? 'resync' : 'recovery';
      const { state, bench } = await run(
        { at, during, rails: ['P', 'J'], afterMs: { min: 0, max: 0 } },
        { reachedMs: 900, resyncMs: 1400, recoverMs: 1400 },
      );
      expect(state.outcome, at).toEqual({ kind: 'complete' });
      expect(bench.calls.filter((c) => c.startsWith('off'))).toHaveLength(2);
      expect(
        state.facts.cuts.map((cut) => cut.reached?.at),
        at,
      ).toEqual([undefined, at]);
    }
  });
});

describe('a cut at a point whose I/O must be in flight', () => {
  const wishes = { reachedMs: 400, held: false, holdUpMs: 20, calibration: calibrated({ P: 35, J: 20 }) };

  it('switches the rail of its area first and has the I/O sent when that area is expected to lose power', async () => {
    const { bench } = await run({ at: 'log-write', rails: ['P', 'J'] }, wishes);
    const from = bench.calls.indexOf('reached');
    // The bench sends the command at 1400 ms. By its calibration, J loses power 20 ms after a command.
    expect(bench.calls.slice(from + 1, from + 3)).toEqual([`sendPoint ${1000 + 400 + 20}`, 'off J+P']);
  });

  it.each([
    ['the I/O is in flight', { sentNs: 1419.9 * MS, endedNs: 1420.2 * MS, ok: false }, 0],
    ['the I/O ended too early', { sentNs: 1418 * MS, endedNs: 1418.5 * MS, ok: true }, 1.5],
    ['the engine sent the I/O too late', { sentNs: 1421 * MS, endedNs: 1421.1 * MS, ok: false }, -1],
  ])('records how far it was from the point: %s', async (_what, ended, missedByMs) => {
    const { record } = await run({ at: 'log-write', rails: ['P', 'J'] }, { ...wishes, ended });
    expect(record.aim).toMatchObject({ leadMs: 20, point: { held: false } });
    expect(record.aim!.missedByMs).toBeCloseTo(missedByMs, 6);
    expect(record.verdict).toBe('PASS');
  });

  it('has the I/O sent together with the command when the rail has no calibration', async () => {
    const { bench } = await run({ at: 'log-write', rails: ['J'] }, { reachedMs: 400, held: false });
    expect(bench.calls).toContain(`sendPoint ${1000 + 400}`);
  });
});

describe('a point that the engine does not reach', () => {
  it('delays the cut until campaign.deadlines.point, and the cycle is INVALID', async () => {
    const { bench, record, state } = await run({ at: 'mark-copies' });
    expect(state.outcome).toEqual({ kind: 'complete' });
    expect(bench.calls.slice(0, 3)).toEqual(['load', 'disarmPoint', 'off P']);
    expect(state.facts.cuts[0].workSinceMs + 100 + 1500).toBeCloseTo(state.facts.cuts[0].commands[0].commandNs / MS, 6);
    expect(record.verdict).toBe('INVALID');
    expect(record.reasons.map((r) => r.code)).toEqual(['POINT_NOT_REACHED']);
    expect(record.aim!.point).toEqual({ name: 'mark-copies', reached: false });
  });

  it('is recorded as not reached when the work ends first', async () => {
    const { record } = await run({ at: 'clear-write', during: 'resync' }, { resyncMs: 20 });
    expect(record.reasons).toEqual([
      {
        code: 'POINT_NOT_REACHED',
        rule: 'campaign.cuts.at',
        text: 'the resync ended before the protocol reached clear-write',
      },
    ]);
  });

  it('stays not reached when the engine reports it after the deadline', async () => {
    const { record } = await run({ at: 'flush' }, { reachedMs: 1601, holdUpMs: 10 });
    expect(record.aim!.point).toEqual({ name: 'flush', reached: false });
  });
});

it('an interrupt ends the cycle at once while the engine is halted at a cut point', async () => {
  const { state } = await run({ at: 'both-completed' }, { reachedMs: 200, holdUpMs: 500, interruptMs: 400 });
  expect(state.outcome).toEqual({ kind: 'interrupted', phase: 'cut' });
});
