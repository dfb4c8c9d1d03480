/** Promise: copies of neighboring regions share one read and one write; the core gets the end of each of them. */
import { describe, expect, it } from 'vitest';
import { IO_OP } from '../../src/blockdev/blockDevice.js';
import { joined } from '../../src/replication/copyJob.js';
import { drivenCore, REGION_BYTES, type FakeIo } from './fakeRing.js';

const PRIMARY = 0;
const SECONDARY = 1;

function transfers(driven: ReturnType<typeof drivenCore>, device: number): string[] {
  const own = ({ device: of, op }: FakeIo): boolean => of === device && op !== IO_OP.flush;
  return driven.ring.events.flatMap((e) =>
    e.type === 'pushed' && own(e.io) ? `${e.io.offset / REGION_BYTES}+${e.io.length / REGION_BYTES}` : [],
  );
}

describe('a resync', () => {
  it('joins neighbors up to the size of a buffer, and nothing else', () => {
    const driven = drivenCore({ dirty: [0, 1, 2, 3, 4, 7, 9, 10] });
    driven.core.startResync();
    driven.steps(() => driven.core.resync.done);
    const expected = ['0+4', '4+1', '7+1', '9+2'];
    expect(transfers(driven, PRIMARY)).toEqual(expected);
    expect(transfers(driven, SECONDARY)).toEqual(expected);
    expect(driven.core.counters).toMatchObject({ copies: 8, clears: 8, unexpectedCompletions: 0, copiesCanceled: 0 });
    // The judge's history still knows the copies by region.
    expect(driven.history.filter((call) => call.startsWith('copyIssued'))).toHaveLength(8);
    expect(driven.history.filter((call) => call.startsWith('copyDurable'))).toHaveLength(8);
  });

  it.each([
    ['read', PRIMARY, IO_OP.read],
    ['write', SECONDARY, IO_OP.writeDurable],
  ] as const)('clears none of the regions of a %s that fails', (_what, device, op) => {
    const driven = drivenCore({ dirty: [0, 1, 2, 9] });
    driven.ring.fails = (io) => (io.device === device && io.op === op && io.offset === 0 ? 5 : 0);
    driven.core.startResync();
    driven.steps(() => driven.core.primaryLost || driven.core.secondaryAway);
    driven.steps(() => driven.core.state.slots.copyPool.usedCount === 0);
    expect(
      driven.core.pages.awaiting.has(0) && driven.core.pages.awaiting.has(1) && driven.core.pages.awaiting.has(2),
    ).toBe(true);
    expect([driven.core.primaryLost, driven.core.secondaryAway]).toEqual([device === PRIMARY, device === SECONDARY]);
    expect(driven.core.updates.copies.copying).toBe(0);
  });
});

it('jobs are in the order of their offsets, and a copy longer than a buffer is a job of its own', () => {
  const table = [
    [5, 1],
    [3, 1],
    [4, 1],
    [10, 9],
    [19, 1],
  ];
  const slots = { offset: (s: number) => table[s][0], length: (s: number) => table[s][1] };
  const jobs = joined([0, 1, 2, 3, 4], slots, 2);
  expect(jobs.map((j) => [j.offset, j.length, j.slots])).toEqual([
    [3, 2, [1, 2]],
    [5, 1, [0]],
    [10, 9, [3]],
    [19, 1, [4]],
  ]);
});
