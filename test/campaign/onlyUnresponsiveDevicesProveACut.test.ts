/**
 * Promise: only a device that fails or leaves reads unanswered after the command proves a cut. Neither the report of a
 * board nor one failed or slow I/O of a device that still answers is a proof.
 */
import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { CutRecord } from '../../src/campaign/cycle/cycleTypes.js';
import { proofOfCut } from '../../src/campaign/cycle/proof.js';
import { runFake } from './runFake.js';

describe('proof of a cut', () => {
  it('is a device that fails after the command; the latency ends at its first failed I/O', async () => {
    const { state } = await runFake({ rails: ['P', 'J'] }, { holdUpMs: 30 });
    const proofs = proofOfCut(state.facts.cuts[0]);
    expect(proofs.map((p) => [p.area, p.proven])).toEqual([
      ['primary', true],
      ['journal', true],
    ]);
    for (const p of proofs) expect(p.proven && p.latencyMs).toBeGreaterThanOrEqual(30);
  });

  it('is a device that leaves reads unanswered; the latency ends at the first of these reads', async () => {
    const { state } = await runFake({ rails: ['S', 'J'] }, { silent: ['secondary'], holdUpMs: 30 });
    const proofs = proofOfCut(state.facts.cuts[0]);
    expect(proofs).toMatchObject([
      { area: 'secondary', proven: true, sign: { source: 'silent' } },
      { area: 'journal', proven: true, sign: { errno: 5 } },
    ]);
    for (const p of proofs) expect(p.proven && p.latencyMs).toBeLessThan(40);
  });

  it('is not a device that is slow once and answers during the power-off time', async () => {
    const { state } = await runFake({ rails: ['S'] }, { welded: ['secondary'], slowAnswerMs: 500 });
    expect(state.facts.cuts[0].signs.map((sign) => sign.source)).toEqual(['silent']);
    expect(proofOfCut(state.facts.cuts[0])[0]).toMatchObject({ proven: false, reason: 'readable-in-dark' });
  });

  it('is not the echo of a board whose contact is welded; the cycle continues and stays unproven', async () => {
    const { state } = await runFake({ rails: ['S'] }, { welded: ['secondary'] });
    expect(proofOfCut(state.facts.cuts[0])).toEqual([
      { proven: false, area: 'secondary', rail: 'S', reason: 'no-sign' },
    ]);
    expect(state.outcome).toEqual({ kind: 'complete' });
  });

  it('is not one failed I/O of a device that answers during the power-off time', async () => {
    const { state } = await runFake({ rails: ['S'] }, { welded: ['secondary'] }, (bench, phase) => {
      if (phase === 'cut') bench.clock.after(5, () => bench.fail('secondary'));
    });
    expect(proofOfCut(state.facts.cuts[0])[0]).toMatchObject({ proven: false, reason: 'readable-in-dark' });
  });

  it('is not a failure before the command; that is a fault of the device', async () => {
    const { state } = await runFake({ rails: ['S'] }, { welded: ['secondary'] }, (bench, phase) => {
      if (phase === 'load') bench.clock.after(5, () => bench.fail('secondary'));
    });
    expect(proofOfCut(state.facts.cuts[0])[0]).toMatchObject({ proven: false, reason: 'no-sign' });
    expect(state.facts.unprovoked.map((f) => f.area)).toEqual(['secondary']);
  });

  it('is not a failure before the command that the engine reports after it', () => {
    const cut: CutRecord = {
      round: { during: 'load', rails: [{ rail: 'S', areas: ['secondary'] }], afterMs: 0, leadMs: 0, workloadSeed: 0 },
      workSinceMs: 0,
      counters: [],
      hitWork: true,
      reached: null,
      ended: null,
      commands: [{ rail: 'S', askedNs: 1000, commandNs: 1500, doneNs: 2000, evidence: 'read-back' }],
      readableBefore: ['secondary'],
      signs: [{ area: 'secondary', errno: 5, atNs: 999, source: 'engine' }],
      readableWhileOff: [],
      unresponsiveWhileOff: [],
      restoredNs: null,
      load: null,
      resync: null,
      workError: null,
      hostPauses: [],
    };
    expect(proofOfCut(cut)[0]).toMatchObject({ proven: false, reason: 'no-sign' });
    expect(proofOfCut({ ...cut, signs: [{ ...cut.signs[0], atNs: 1000 }] })[0]).toMatchObject({
      proven: true,
      latencyMs: 0,
    });
    // EMFILE: the host has no free descriptor. ECANCELED: its io_uring could not start the I/O.
    for (const errno of [constants.errno.EMFILE, constants.errno.ECANCELED])
      expect(proofOfCut({ ...cut, signs: [{ ...cut.signs[0], errno, atNs: 1000 }] })[0]).toMatchObject({
        proven: false,
        reason: 'no-sign',
      });
  });
});
