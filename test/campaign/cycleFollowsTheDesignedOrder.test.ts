/**
 * Promise: a cycle calls the engine and the boards in the designed order (cycle.ts), for cuts during a load, a resync
 * and a recovery, and for a device that stays unresponsive.
 */
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

  it('reports the power loss to the engine, and the engine closes its devices, before power returns', async () => {
    const { bench } = await runFake({});
    const order = bench.calls.filter((c) => /off|powerLost|abandon|^on|open/.test(c));
    expect(order).toEqual(['off P', 'powerLost primary', 'abandon', 'on P', 'open']);
  });

  it('lets the load continue without the secondary, and stops it before power returns', async () => {
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

  it('counts the time until a cut from the first update of the load, also when that update comes late', async () => {
    for (const loadBeginsMs of [0, 5000]) {
      const { state } = await runFake({ afterMs: { min: 300, max: 300 } }, { loadBeginsMs });
      const [cut] = state.facts.cuts;
      expect(cut.commands[0].askedNs / 1e6 - cut.workSinceMs).toBe(300);
      expect(cut.workSinceMs).toBeGreaterThanOrEqual(loadBeginsMs);
    }
  });

  it('cuts a load that never begins, after 30 seconds', async () => {
    const { state } = await runFake({ afterMs: { min: 300, max: 300 } }, { idle: true });
    expect(state.outcome).toEqual({ kind: 'complete' });
    expect(state.facts.cuts[0].commands[0].askedNs / 1e6).toBeGreaterThan(30_000);
  });

  it('restores the power of an unresponsive device, waits until its I/O ends, and only then opens it', async () => {
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

  it('makes regions dirty by a cut of the secondary, cuts the power during their resync, and copies them again', async () => {
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

  it('cuts the power during a recovery, and then recovers again', async () => {
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

  it('cuts at once when the resync ends before the cut is due, and records that the cut missed it', async () => {
    const { state } = await runFake({ during: 'resync', afterMs: { min: 700, max: 700 } }, { resyncMs: 30 });
    expect(state.outcome).toEqual({ kind: 'complete' });
    expect(state.facts.cuts[1].hitWork).toBe(false);
  });
});
