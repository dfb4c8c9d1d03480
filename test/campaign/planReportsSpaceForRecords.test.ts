/**
 * Promise: what the records of a campaign will take is said before it begins, with what it is taken from, and is
 * bounded unless all is kept.
 */
import { describe, expect, it } from 'vitest';
import { planRun } from '../../src/campaign/plan.js';
import { hasNoRoom, shortOfRoom, type RecordSpace } from '../../src/campaign/record/recordSpace.js';
import { parseRig } from '../../src/rig/load.js';
import type { KeepHistory } from '../../src/replication/replicationEngine.js';
import type { ResolvedRig } from '../../src/rig/resolved.js';
import { labRig, rigText } from './labRig.js';

const GIB = 2 ** 30;
const LOAD_MS = 1000;
const rig = labRig('room', { cuts: [`{ rails: [P], during: load, after: ${LOAD_MS}ms }`] });

function need(keepHistory: KeepHistory, cycles: number, rate = 0, formerWritesPerSecond?: number): RecordSpace {
  const asked: ResolvedRig = {
    ...rig,
    campaign: { ...rig.campaign, keepHistory, cycles },
    workload: { ...rig.workload, maxWritesPerSecond: rate },
  };
  const former =
    formerWritesPerSecond === undefined ? null : { cycles: [], aroundMs: 0, writesPerSecond: formerWritesPerSecond };
  return planRun(asked, { former }).records!;
}

describe('the room that records need', () => {
  it('grows with the cycles where all is kept, and hardly where failures are', () => {
    expect(need('all', 10_000).bytes).toBeGreaterThan(20 * GIB);
    const [few, many] = [need('failures', 1000), need('failures', 10_000)];
    expect(many.bytes).toBeLessThan(GIB);
    expect(many.bytes - few.bytes).toBeLessThan(0.01 * (need('all', 10_000).bytes - need('all', 1000).bytes));
    expect(need('none', 10_000).bytes).toBeLessThan(many.bytes);
  });

  it('is of the rate that the profile allows, a run before made, or an assumption, and says which', () => {
    expect(need('all', 100)).toMatchObject({ basis: 'assumption' });
    expect(need('all', 100, 500)).toMatchObject({ basis: 'profile', writesPerSecond: 500 });
    expect(need('all', 100, 0, 2000)).toMatchObject({ basis: 'former run', writesPerSecond: 2000 });
    expect(need('all', 100, 500).bytes).toBeLessThan(need('all', 100, 5000).bytes);
  });

  it('is held against what is free: figures and what to do, and no campaign that cannot keep one cycle', () => {
    const all = need('all', 1000, 5000);
    expect(shortOfRoom(all, all.bytes, 'runs')).toBeNull();
    expect(shortOfRoom(all, 10 * 2 ** 20, 'runs')).toMatch(
      /^runs has 10 MiB free; the run's records need about .*iB .*--out.*keepHistory: failures$/,
    );
    expect(hasNoRoom(all, all.bytesACycle)).toBe(false);
    expect(hasNoRoom(all, all.bytesACycle - 1)).toBe(true);
    // An assumption refuses nothing.
    expect(hasNoRoom(need('all', 1000), 0)).toBe(false);
  });
});

it('keepHistory is failures unless a profile says otherwise, and nothing else than it may say', () => {
  const text = rigText('room', { cuts: ['{ rails: [P], during: load, after: 50ms }'] });
  expect(parseRig(text, 'rig.yaml').campaign.keepHistory).toBe('failures');
  expect(parseRig(text.replace('seed: 11', 'seed: 11\n  keepHistory: none'), 'rig.yaml').campaign.keepHistory).toBe(
    'none',
  );
  expect(() => parseRig(text.replace('seed: 11', 'seed: 11\n  keepHistory: some'), 'rig.yaml')).toThrow(/keepHistory/);
});
