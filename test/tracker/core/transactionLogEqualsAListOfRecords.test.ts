import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LogConfig } from '../../../src/tracker/core/config.js';
import { RECORD_RELEASE, RECORD_WRITE, TransactionLog } from '../../../src/tracker/core/transactionLog.js';
import { holds } from './property.js';

const CONFIG: LogConfig = {
  ringBlocks: 16,
  blocksPerUnit: 2,
  recordsPerBlock: 2,
  firstSequence: 14,
  recoveredThrough: 13,
  commitsInFlight: 2,
  unitsPerCommit: 2,
};
const ROOM = CONFIG.ringBlocks - 2 * CONFIG.blocksPerUnit;

interface Written {
  region: number;
  sequence: number;
}

const step = fc.tuple(
  fc.constantFrom('write', 'write', 'write', 'release', 'drop', 'seal', 'durable', 'durable'),
  fc.nat(),
  fc.nat(30),
);

it('the tail passes a block only when all of its write records are released, and in the commit of the release or later', () => {
  holds(fc.array(step, { maxLength: 400, size: 'max' }), 100, (steps) => {
    const log = new TransactionLog(CONFIG);
    /** Write records that are not released. */
    let held: Written[] = [];
    const sealed: { index: number; end: number; tail: number; written: boolean }[] = [];
    for (const [kind, a, region] of steps) {
      const pick = held[a % Math.max(1, held.length)];
      if (kind === 'write' && log.hasRoom(1, CONFIG.blocksPerUnit)) {
        const w = { region, sequence: log.append(RECORD_WRITE, 1, region, 1, 0) };
        expect(w.sequence).toBeGreaterThanOrEqual(log.nextSequence);
        held.push(w);
      } else if (kind === 'release' && pick !== undefined && log.hasRoom(1, 0)) {
        log.append(RECORD_RELEASE, 1, pick.region, 1, 0);
        log.free(pick.sequence);
        held = held.filter((w) => w !== pick);
      } else if (kind === 'drop' && pick !== undefined && log.isDurable(pick.sequence)) {
        log.free(pick.sequence);
        held = held.filter((w) => w !== pick);
      } else if (kind === 'seal' && log.canSeal() && (log.openRecords > 0 || log.tailUnsaid)) {
        const c = log.seal();
        expect(c.start + c.blocks).toBe(log.nextSequence);
        expect(log.nextSequence - log.durableTail).toBeLessThanOrEqual(ROOM);
        for (const w of held) expect(w.sequence).toBeGreaterThanOrEqual(c.tail);
        sealed.push({ index: c.index, end: log.nextSequence, tail: c.tail, written: false });
      } else if (kind === 'durable' && sealed.some((s) => !s.written)) {
        const open = sealed.filter((s) => !s.written);
        const s = open[a % open.length];
        s.written = true;
        const became: number[] = [];
        log.written(s.index, (c) => became.push(c.index));
        const expected: number[] = [];
        while (sealed.length > 0 && sealed[0].written) {
          const first = sealed.shift()!;
          expected.push(first.index);
          expect(log.durableTail).toBeGreaterThanOrEqual(first.tail);
        }
        expect(became).toEqual(expected);
      }
      // No write record that is not released is before the tail of the next commit.
      for (const w of held) if (w.sequence < log.tail) throw new Error(`record of block ${w.sequence} lost`);
      expect(log.inFlight).toBe(sealed.length);
      expect(log.freeBlocks).toBeLessThanOrEqual(ROOM);
    }
  });
});

it('neighboring regions of one transaction share a record, others do not', () => {
  const log = new TransactionLog(CONFIG);
  for (const [t, r] of [
    [1, 5],
    [1, 6],
    [1, 8],
    [2, 9],
    [2, 10],
  ])
    log.append(RECORD_WRITE, t, r, 1, 0);
  const c = log.seal();
  expect([...Array(c.recordCount).keys()].map((i) => [c.transaction[i], c.region[i], c.count[i]])).toEqual([
    [1, 5, 2],
    [1, 8, 1],
    [2, 9, 2],
  ]);
});
