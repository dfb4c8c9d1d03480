/** Promise (R9): an error of one area gives up the updates that are not durable there, and no others. */
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { IO_OP } from '../../src/blockdev/blockDevice.js';
import { JOURNAL, PRIMARY, SECONDARY } from '../../src/tracker/core/devices.js';
import { drivenCore, REGION_BYTES, type FakeIo } from './fakeRing.js';

const { EIO } = constants.errno;
const QUIET_MS = 500;
const isWrite =
  (area: number, region: number) =>
  (io: FakeIo): boolean =>
    io.device === area && io.op === IO_OP.writeDurable && io.offset === region * REGION_BYTES;

it('S fails one write: its update and the one in flight are given up and dirty, the acknowledged one is neither', () => {
  const driven = drivenCore();
  const { core, ring } = driven;
  driven.write(1 * REGION_BYTES);
  driven.steps(() => core.counters.acknowledged === 1);
  driven.pass(QUIET_MS);
  ring.holds = isWrite(SECONDARY, 7);
  ring.fails = (io) => (isWrite(SECONDARY, 4)(io) ? EIO : 0);
  driven.write(7 * REGION_BYTES);
  driven.steps(() => ring.pending.some(isWrite(SECONDARY, 7)));
  driven.write(4 * REGION_BYTES);
  driven.steps(() => driven.queue.outstanding === 0);
  expect(driven.lost()).toEqual([false, true, false]);
  expect(core.counters).toMatchObject({ acknowledged: 1, givenUp: 2 });
  expect(driven.queue.answers).toEqual({ ok: 3, refused: 0, failed: 0 });
  expect([1, 4, 7].map((region) => core.state.indicators.has(region))).toEqual([false, true, true]);
  // One report, with what was in flight: the failed write and the one that S never answered.
  expect(driven.failures).toEqual([{ device: SECONDARY, errno: EIO, inFlight: { secondary: { write: 2 } } }]);
});

it('later errors of an area that has failed are not reported again', () => {
  const driven = drivenCore();
  driven.ring.fails = (io) => (io.device === SECONDARY ? EIO : 0);
  for (const region of [1, 2, 3]) driven.write(region * REGION_BYTES);
  driven.steps(() => driven.queue.outstanding === 0);
  expect(driven.failures).toHaveLength(1);
  expect(driven.queue.answers).toEqual({ ok: 3, refused: 0, failed: 0 });
});

it.each([
  ['P', PRIMARY],
  ['the journal', JOURNAL],
] as const)('when %s fails, the update in flight is not answered ok, and the core takes no more', (_name, device) => {
  const driven = drivenCore();
  driven.ring.fails = (io) => (io.device === device ? EIO : 0);
  driven.write(0);
  driven.steps(() => driven.queue.outstanding === 0);
  expect(driven.lost()).toEqual([device === PRIMARY, false, device === JOURNAL]);
  expect(driven.queue.answers.ok).toBe(0);
  expect(() => driven.write(REGION_BYTES)).toThrow('takes no update');
});
