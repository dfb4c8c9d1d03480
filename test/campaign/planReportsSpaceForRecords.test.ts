/**
 * Promise: the plan says how much space the records of a campaign need and from what it calculates this. The space has
 * a bound unless the profile keeps the history of every cycle.
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

describe('the space for records', () => {
  it('grows with the number of cycles with keepHistory: all, and hardly with keepHistory: failures', () => {
    expect(need('all', 10_000).bytes).toBeGreaterThan(20 * GIB);
    const [few, many] = [need('failures', 1000), need('failures', 10_000)];
    expect(many.bytes).toBeLessThan(GIB);
    expect(many.bytes - few.bytes).toBeLessThan(0.01 * (need('all', 10_000).bytes - need('all', 1000).bytes));
    expect(need('none', 10_000).bytes).toBeLessThan(many.bytes);
  });

  it('follows from the write rate of the profile, an earlier run or an assumption, and the plan says which', () => {
    expect(need('all', 100)).toMatchObject({ basis: 'assumption' });
    expect(need('all', 100, 500)).toMatchObject({ basis: 'profile', writesPerSecond: 500 });
    expect(need('all', 100, 0, 2000)).toMatchObject({ basis: 'former run', writesPerSecond: 2000 });
    expect(need('all', 100, 500).bytes).toBeLessThan(need('all', 100, 5000).bytes);
  });

  it('causes a warning when less is free, and a refusal when not even one cycle has space', () => {
    const all = need('all', 1000, 5000);
    expect(shortOfRoom(all, all.bytes, 'runs')).toBeNull();
    expect(shortOfRoom(all, 10 * 2 ** 20, 'runs')).toMatch(
      /^runs has 10 MiB free; the run's records need about .*iB .*--out.*keepHistory: failures$/,
    );
    expect(hasNoRoom(all, all.bytesACycle)).toBe(false);
    expect(hasNoRoom(all, all.bytesACycle - 1)).toBe(true);
    // An assumption is not certain enough to refuse a campaign.
    expect(hasNoRoom(need('all', 1000), 0)).toBe(false);
  });
});

it('keepHistory is failures by default, and a profile with an unknown value is refused', () => {
  const text = rigText('room', { cuts: ['{ rails: [P], during: load, after: 50ms }'] });
  expect(parseRig(text, 'rig.yaml').campaign.keepHistory).toBe('failures');
  expect(parseRig(text.replace('seed: 11', 'seed: 11\n  keepHistory: none'), 'rig.yaml').campaign.keepHistory).toBe(
    'none',
  );
  expect(() => parseRig(text.replace('seed: 11', 'seed: 11\n  keepHistory: some'), 'rig.yaml')).toThrow(/keepHistory/);
});
