import { describe, expect, it } from 'vitest';
import { runFake } from './runFake.js';

describe('a cycle', () => {
  it('goes through every phase in the designed order', async () => {
    const { state, phases } = await runFake({});
    expect(phases).toEqual([
      'load',
      'arm',
      'cut',
      'dark',
      'restore',
      'identify',
      'recover',
      'judge',
      'resync',
      'verify',
      'end',
    ]);
    expect(state.outcome).toEqual({ kind: 'complete' });
  });

  it('tells the engine of the lost power and lets go of the devices before power comes back', async () => {
    const { bench } = await runFake({});
    const order = bench.calls.filter((c) => /off|powerLost|abandon|^on|open/.test(c));
    expect(order).toEqual(['off P', 'powerLost primary', 'abandon', 'on P', 'open']);
  });

  it('goes on degraded through the dark when only the secondary is cut, and is stopped before power comes back', async () => {
    const { bench, state } = await runFake({ rails: ['S'] });
    expect(bench.calls).toEqual([
      'load',
      'off S',
      'powerLost secondary',
      'stop',
      'abandon',
      'on S',
      'identify',
      'open',
      'recover',
      'judge',
      'resync',
      'verify',
    ]);
    expect(state.facts.cuts[0].load?.updatesIssued).toBeGreaterThan(0);
  });

  it('counts the time of a cut from the first update of the load, however late that is', async () => {
    for (const loadBeginsMs of [0, 5000]) {
      const { state } = await runFake({ afterMs: { min: 300, max: 300 } }, { loadBeginsMs });
      const [cut] = state.facts.cuts;
      expect(cut.commands[0].askedNs / 1e6 - cut.workSinceMs).toBe(300);
      expect(cut.workSinceMs).toBeGreaterThanOrEqual(loadBeginsMs);
    }
  });

  it('cuts a load that never begins all the same, late', async () => {
    const { state } = await runFake({ afterMs: { min: 300, max: 300 } }, { idle: true });
    expect(state.outcome).toEqual({ kind: 'complete' });
    expect(state.facts.cuts[0].commands[0].askedNs / 1e6).toBeGreaterThan(30_000);
  });

  it('gives a silent device its power before the engine has its I/O back, and opens it only after', async () => {
    const { bench, state } = await runFake({ rails: ['S'] }, { silent: ['secondary'] });
    expect(state.outcome).toEqual({ kind: 'complete' });
    expect(bench.calls).toEqual([
      'load',
      'off S',
      'powerLost secondary',
      'stop',
      'abandon',
      'on S',
      'abandoned',
      'identify',
      'open',
      'recover',
      'judge',
      'resync',
      'verify',
    ]);
  });

  it('cuts a resync after a cut of the secondary alone has made regions dirty, and resynchronizes again', async () => {
    const { bench, state } = await runFake({ rails: ['P', 'J'], during: 'resync', afterMs: { min: 10, max: 20 } });
    expect(state.outcome).toEqual({ kind: 'complete' });
    expect(bench.calls).toEqual([
      'load',
      'off S',
      'powerLost secondary',
      'stop',
      'abandon',
      'on S',
      'identify',
      'open',
      'recover',
      'resync',
      'off P+J',
      'powerLost primary+journal',
      'abandon',
      'on P+J',
      'identify',
      'open',
      'recover',
      'judge',
      'resync',
      'verify',
    ]);
    expect(state.facts.cuts.map((c) => c.hitWork)).toEqual([true, true]);
  });

  it('cuts a recovery, and recovers again', async () => {
    const { bench, state } = await runFake(
      { rails: ['J'], during: 'recovery', afterMs: { min: 1, max: 2 } },
      { recoverMs: 40 },
    );
    expect(state.outcome).toEqual({ kind: 'complete' });
    expect(bench.calls.filter((c) => c === 'recover' || c.startsWith('off'))).toEqual([
      'off J',
      'recover',
      'off J',
      'recover',
    ]);
  });

  it('cuts at once, and says so, when the work to be cut ends before its time', async () => {
    const { state } = await runFake({ during: 'resync', afterMs: { min: 700, max: 700 } }, { resyncMs: 30 });
    expect(state.outcome).toEqual({ kind: 'complete' });
    expect(state.facts.cuts[1].hitWork).toBe(false);
  });
});
