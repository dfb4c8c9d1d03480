/**
 * Promise: when a cut is not proven, the reason in the record names the rail and the area without proof and what the
 * bench observed there. It also names the rails whose cut is proven.
 */
import { describe, expect, it } from 'vitest';
import { cycleRecord } from '../../src/campaign/cycle/cycleRecord.js';
import type { FakeOptions } from './fakeBench.js';
import { runFake } from './runFake.js';

const NO_LIMITS = { recoveryMs: null, resyncMs: null, falseDirtyRegions: null };

async function unprovenReason(cut: Parameters<typeof runFake>[0], options: FakeOptions): Promise<string | undefined> {
  const { state } = await runFake(cut, options);
  const { verdict, reasons } = cycleRecord(state, NO_LIMITS);
  expect(verdict).toBe(reasons.length === 0 ? 'PASS' : 'INVALID');
  return reasons.find(({ code }) => code === 'CUT_UNPROVEN')?.text;
}

describe('the reason of an unproven cut', () => {
  it('names the rail without proof and the two rails with proof', async () => {
    expect(await unprovenReason({ rails: ['P', 'S', 'J'] }, { welded: ['journal'] })).toMatch(
      /^no device proves the cut: rail J: journal kept its power \(a read was answered \d+ ms after the command\); its board reports: echo; proven: P \(primary\), S \(secondary\)$/,
    );
  });

  it('reports that the device failed one read and then answered during the power-off time', async () => {
    expect(await unprovenReason({ rails: ['S'] }, { welded: ['secondary'], slowAnswerMs: 500 })).toMatch(
      /^no device proves the cut: rail S: secondary answered reads during the power-off time \(a read was answered \d+ ms after the command\); its board reports: echo$/,
    );
  });

  it('names which cut of the cycle is unproven', async () => {
    expect(await unprovenReason({ rails: ['P'], during: 'resync' }, { welded: ['primary'] })).toMatch(
      /^no device proves the cut: cut 2 of 2 \(resync\): rail P: primary kept its power/,
    );
  });

  it('is absent when the cut of every rail is proven', async () => {
    expect(await unprovenReason({ rails: ['P', 'J'] }, {})).toBeUndefined();
  });
});
