/** The cycle around a cut point, on a bench without hardware: when the plug is pulled, what is sent, and what is said of it. */
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
  /** From the beginning of the work until the engine comes to its point; absent: it never does. */
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
      // The hold ends when the loss of power is announced: as the dark begins.
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

describe('a cut at a held point', () => {
  it('pulls the plug when the engine says that it stands there, whatever the time', async () => {
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

  it('hands the engine the point with the time before which it is not wanted, and the areas to be darkened', async () => {
    const bench = new FakeBench();
    let armed: unknown = null;
    bench.engine.load = (_w, _seed, _ms, point) => {
      armed = point;
      return Promise.reject(new Error('that will do'));
    };
    const spec = campaign({ rails: ['P', 'S'], at: 'primary-only', afterMs: { min: 300, max: 300 } });
    await bench.clock.drive(
      new CycleRunner(drawCycle(spec, RAILS, 7, 0), WORKLOAD, bench, { onPhase: () => undefined }).run(),
    );
    expect(armed).toEqual({ at: 'primary-only', afterMs: 300, areas: ['primary', 'secondary'] });
  });

  it('says so when the engine went on before the power was gone', async () => {
    const { record } = await run(
      { at: 'both-completed' },
      { reachedMs: 200, holdUpMs: 30, ended: { atNs: (1000 + 210) * MS } },
    );
    expect(record.aim!.missedByMs).toBeCloseTo(20, 0);
  });

  it('cuts a resync and a recovery at their points', async () => {
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

describe('a cut at a point whose I/O is to be on its way', () => {
  const wishes = { reachedMs: 400, held: false, holdUpMs: 20, calibration: calibrated({ P: 35, J: 20 }) };

  it('switches the rail of its area first, and has it sent when that is expected to go dark', async () => {
    const { bench } = await run({ at: 'log-write', rails: ['P', 'J'] }, wishes);
    const from = bench.calls.indexOf('reached');
    // The command goes out at 1400 ms, and J was calibrated to take 20.
    expect(bench.calls.slice(from + 1, from + 3)).toEqual([`sendPoint ${1000 + 400 + 20}`, 'off J+P']);
  });

  it.each([
    ['on its way', { sentNs: 1419.9 * MS, endedNs: 1420.2 * MS, ok: false }, 0],
    ['over before', { sentNs: 1418 * MS, endedNs: 1418.5 * MS, ok: true }, 1.5],
    ['sent too late', { sentNs: 1421 * MS, endedNs: 1421.1 * MS, ok: false }, -1],
  ])('says how near it came: %s', async (_what, ended, missedByMs) => {
    const { record } = await run({ at: 'log-write', rails: ['P', 'J'] }, { ...wishes, ended });
    expect(record.aim).toMatchObject({ leadMs: 20, point: { held: false } });
    expect(record.aim!.missedByMs).toBeCloseTo(missedByMs, 6);
    expect(record.verdict).toBe('PASS');
  });

  it('sends it at once with the command where nothing was calibrated', async () => {
    const { bench } = await run({ at: 'log-write', rails: ['J'] }, { reachedMs: 400, held: false });
    expect(bench.calls).toContain(`sendPoint ${1000 + 400}`);
  });
});

describe('a point that does not come', () => {
  it('is waited for until campaign.deadlines.point, then the plug is pulled all the same, and nothing passes', async () => {
    const { bench, record, state } = await run({ at: 'mark-copies' });
    expect(state.outcome).toEqual({ kind: 'complete' });
    expect(bench.calls.slice(0, 3)).toEqual(['load', 'disarmPoint', 'off P']);
    expect(state.facts.cuts[0].workSinceMs + 100 + 1500).toBeCloseTo(state.facts.cuts[0].commands[0].commandNs / MS, 6);
    expect(record.verdict).toBe('INVALID');
    expect(record.reasons.map((r) => r.code)).toEqual(['POINT_NOT_REACHED']);
    expect(record.aim!.point).toEqual({ name: 'mark-copies', reached: false });
  });

  it('counts as missed when its work ends before', async () => {
    const { record } = await run({ at: 'clear-write', during: 'resync' }, { resyncMs: 20 });
    expect(record.reasons).toEqual([
      {
        code: 'POINT_NOT_REACHED',
        rule: 'campaign.cuts.at',
        text: 'the resync ended before the protocol got to clear-write',
      },
    ]);
  });

  it('is not taken for reached when it comes after the time was up', async () => {
    const { record } = await run({ at: 'flush' }, { reachedMs: 1601, holdUpMs: 10 });
    expect(record.aim!.point).toEqual({ name: 'flush', reached: false });
  });
});

it('an interrupt while the protocol stands still ends the cycle at once', async () => {
  const { state } = await run({ at: 'both-completed' }, { reachedMs: 200, holdUpMs: 500, interruptMs: 400 });
  expect(state.outcome).toEqual({ kind: 'interrupted', phase: 'cut' });
});
