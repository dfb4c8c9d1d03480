/** Promise (R2): the driver submits the writes of an update only after the evidence of its region is durable. */
import { describe, expect, it } from 'vitest';
import { IO_OP } from '../../src/blockdev/blockDevice.js';
import { JOURNAL } from '../../src/tracker/core/devices.js';
import { drivenCore, find, type FakeIo } from './fakeRing.js';

const isLogWrite = (io: FakeIo): boolean => io.device === JOURNAL && io.op !== IO_OP.flush;
const isJournalFlush = (io: FakeIo): boolean => io.device === JOURNAL && io.op === IO_OP.flush;
const isData = (io: FakeIo): boolean => io.device !== JOURNAL && io.op !== IO_OP.flush;
const WAIT_MS = 20;

describe('with FUA', () => {
  it.each([0, 1])('no data goes out while copy %i of the log commit is in flight', (copy) => {
    const driven = drivenCore({ durability: 'fua' });
    let writes = 0;
    const held = new Set<FakeIo>();
    const seen = new Set<FakeIo>();
    driven.ring.holds = (io) => {
      if (isLogWrite(io) && !seen.has(io)) {
        seen.add(io);
        if (writes++ === copy) held.add(io);
      }
      return held.has(io);
    };
    driven.write();
    driven.pass(WAIT_MS);
    expect(held.size).toBe(1);
    expect(find(driven.ring.events, 'pushed', isData)).toBe(-1);
    held.clear();
    driven.steps(() => driven.core.counters.acknowledged === 1);
    expect(find(driven.ring.events, 'pushed', isData)).toBeGreaterThan(-1);
  });
});

describe('with flushes', () => {
  it('no data goes out while the flush of the journal is in flight', () => {
    const driven = drivenCore({ durability: 'flush' });
    driven.ring.holds = isJournalFlush;
    driven.write();
    driven.pass(WAIT_MS);
    expect(driven.ring.pending.filter(isJournalFlush)).toHaveLength(1);
    expect(find(driven.ring.events, 'pushed', isData)).toBe(-1);
  });

  it('the flush of the journal is submitted after both copies of the log commit have completed', () => {
    const driven = drivenCore({ durability: 'flush' });
    driven.write();
    driven.steps(() => driven.core.counters.acknowledged === 1);
    const { events } = driven.ring;
    const firstData = find(events, 'pushed', isData);
    const flushed = find(events, 'completed', isJournalFlush);
    const flush = find(events, 'pushed', isJournalFlush);
    const before = events.slice(0, flush).filter((e) => e.type !== 'answered' && isLogWrite(e.io));
    expect(before.map((e) => e.type)).toEqual(['pushed', 'pushed', 'completed', 'completed']);
    expect(flush).toBeGreaterThan(-1);
    expect(flushed).toBeGreaterThan(flush);
    expect(firstData).toBeGreaterThan(flushed);
  });

  it('a flush of the journal that fails lets no data out, and the update is refused', () => {
    const driven = drivenCore({ durability: 'flush' });
    driven.ring.fails = (io) => (isJournalFlush(io) ? 5 : 0);
    driven.write();
    driven.steps(() => driven.queue.outstanding === 0);
    expect(find(driven.ring.events, 'pushed', isData)).toBe(-1);
    expect(driven.lost()).toEqual([false, false, true]);
    expect(driven.queue.answers.ok).toBe(0);
    expect(driven.failures).toMatchObject([{ device: JOURNAL, errno: 5 }]);
  });
});
