/** Promise: a cycle whose cut is not proven says of which rail, of which area, and what was seen; and what is proven. */
import { describe, expect, it } from 'vitest';
import { cycleRecord } from '../../src/campaign/cycle/cycleRecord.js';
import type { FakeOptions } from './fakeBench.js';
import { runFake } from './runFake.js';

const NO_LIMITS = { recoveryMs: null, resyncMs: null, falseDirtyRegions: null };

async function unproven(cut: Parameters<typeof runFake>[0], options: FakeOptions): Promise<string | undefined> {
  const { state } = await runFake(cut, options);
  const { verdict, reasons } = cycleRecord(state, NO_LIMITS);
  expect(verdict).toBe(reasons.length === 0 ? 'PASS' : 'INVALID');
  return reasons.find(({ code }) => code === 'CUT_UNPROVEN')?.text;
}

describe('an unproven cut', () => {
  it('of one rail among three names it, and the two that are proven', async () => {
    expect(await unproven({ rails: ['P', 'S', 'J'] }, { welded: ['journal'] })).toMatch(
      /^no device proves the cut: rail J: journal kept its power \(a read was answered \d+ ms after the command\); its board reports: echo; proven: P \(primary\), S \(secondary\)$/,
    );
  });

  it('of a rail whose device failed once and answers in the dark', async () => {
    expect(await unproven({ rails: ['S'] }, { welded: ['secondary'], slowAnswerMs: 500 })).toMatch(
      /^no device proves the cut: rail S: secondary answered reads during the power-off time \(a read was answered \d+ ms after the command\); its board reports: echo$/,
    );
  });

  it('says which cut of a cycle it was', async () => {
    expect(await unproven({ rails: ['P'], during: 'resync' }, { welded: ['primary'] })).toMatch(
      /^no device proves the cut: cut 2 of 2 \(resync\): rail P: primary kept its power/,
    );
  });

  it('says nothing where all are proven', async () => {
    expect(await unproven({ rails: ['P', 'J'] }, {})).toBeUndefined();
  });
});
