/**
 * Promise (R4): a flush covers only what completed before it was submitted; an update is answered after such flushes.
 */
import { expect, it } from 'vitest';
import { IO_OP } from '../../src/blockdev/blockDevice.js';
import { PRIMARY, SECONDARY } from '../../src/tracker/core/devices.js';
import { drivenCore, find, REGION_BYTES, type FakeIo } from './fakeRing.js';

const AREAS = [PRIMARY, SECONDARY] as const;
const WAIT_MS = 20;
const isWrite =
  (area: number, offset: number) =>
  (io: FakeIo): boolean =>
    io.device === area && io.op === IO_OP.write && io.offset === offset;
const isFlush =
  (area: number) =>
  (io: FakeIo): boolean =>
    io.device === area && io.op === IO_OP.flush;

it('on each area a flush is submitted after the write has completed, and completes before the answer', () => {
  const driven = drivenCore({ durability: 'flush' });
  const offsets = [0, 3 * REGION_BYTES, 5 * REGION_BYTES];
  for (const offset of offsets) driven.write(offset);
  driven.steps(() => driven.queue.answers.ok === offsets.length);
  const { events } = driven.ring;
  offsets.forEach((offset, i) => {
    const answered = events.findIndex((e) => e.type === 'answered' && e.updateId === i + 1);
    for (const area of AREAS) {
      const completed = find(events, 'completed', isWrite(area, offset));
      const flush = find(events, 'pushed', isFlush(area), completed);
      expect(completed).toBeGreaterThan(-1);
      expect(flush).toBeGreaterThan(completed);
      expect(find(events, 'completed', isFlush(area), flush)).toBeLessThan(answered);
    }
  });
});

it.each(AREAS)('a flush that was submitted before the write of area %i completed does not acknowledge it', (area) => {
  const driven = drivenCore({ durability: 'flush' });
  const second = isWrite(area, 3 * REGION_BYTES);
  driven.ring.holds = second;
  driven.write(0);
  driven.write(3 * REGION_BYTES);
  driven.steps(() => driven.queue.answers.ok === 1);
  driven.pass(WAIT_MS);
  expect(driven.queue.answers.ok).toBe(1);
  expect(driven.ring.pending.filter(second)).toHaveLength(1);
  // The write completes; but no flush after it does.
  driven.ring.holds = isFlush(area);
  driven.pass(WAIT_MS);
  expect(driven.ring.pending.filter(second)).toHaveLength(0);
  expect(driven.queue.answers.ok).toBe(1);
  driven.ring.holds = () => false;
  driven.steps(() => driven.queue.answers.ok === 2);
});

it('a copy is durable in the history with the flush after its write, not with a flush in flight meanwhile', () => {
  const driven = drivenCore({ durability: 'flush', dirty: [2, 7] });
  const isCopyTo = (region: number): ((io: FakeIo) => boolean) => isWrite(SECONDARY, region * REGION_BYTES);
  const durable = (): string[] => driven.history.filter((call) => call.startsWith('copyDurable'));
  // Region 2 is copied and its flush is in flight; then the copy of region 7 completes.
  driven.ring.holds = (io) => isCopyTo(7)(io) || isFlush(SECONDARY)(io);
  driven.core.startResync();
  driven.steps(() => driven.ring.pending.some(isFlush(SECONDARY)));
  driven.ring.holds = isFlush(SECONDARY);
  driven.steps(() => !driven.ring.pending.some(isCopyTo(7)));
  expect(durable()).toEqual([]);
  // The flush completes; the next one does not.
  const [first] = driven.ring.pending.filter(isFlush(SECONDARY));
  driven.ring.holds = (io) => isFlush(SECONDARY)(io) && io !== first;
  driven.pass(WAIT_MS);
  expect(durable()).toEqual([`copyDurable ${2 * REGION_BYTES} ${REGION_BYTES}`]);
  driven.ring.holds = () => false;
  driven.steps(() => driven.core.resync.done);
  expect(durable()).toHaveLength(2);
});
