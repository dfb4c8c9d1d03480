/** The records of a log, replayed from the newest to the oldest, against a naive replay in their order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  RECORD_BEGIN,
  RECORD_COMPLETE,
  RECORD_RELEASE,
  RECORD_WRITE,
} from '../../../src/tracker/core/transactionLog.js';
import { EvidenceReplay } from '../../../src/tracker/journal/evidenceReplay.js';
import type { LogRecord } from '../../../src/tracker/journal/logBlock.js';
import { RegionSets } from '../../../src/tracker/journal/regionSets.js';
import { TransactionStates } from '../../../src/tracker/journal/transactionStates.js';
import { regionsOf } from './evidence.js';

const REGIONS = 2 ** 32;
/** Regions around the borders of words and of signed numbers, and at the end. */
const CORNERS = [0, 30, 2 ** 31 - 3, 2 ** 31, REGIONS - 35, REGIONS - 1];
/** Numbers of transactions that have the same low 32 bits. */
const TRANSACTIONS = [1, 2, 2 ** 32 + 1, 2 ** 32 + 2, 2 ** 45 + 1];

const record = fc.record({
  kind: fc.constantFrom(RECORD_WRITE, RECORD_WRITE, RECORD_WRITE, RECORD_RELEASE, RECORD_RELEASE, RECORD_COMPLETE),
  transaction: fc.constantFrom(...TRANSACTIONS),
  firstRegion: fc.constantFrom(...CORNERS).chain((r) => fc.integer({ min: r, max: r + 3 })),
  regions: fc.constantFrom(1, 1, 1, 2, 33, 100),
});

/** A record of type `begin` precedes the others of its transaction. */
function withBegins(records: LogRecord[]): LogRecord[] {
  const seen = new Set<number>();
  return records.flatMap((r) => {
    if (seen.has(r.transaction)) return [r];
    seen.add(r.transaction);
    return [{ ...r, kind: RECORD_BEGIN }, r];
  });
}

function naive(records: LogRecord[]): { dirty: number[]; active: number } {
  const locations = new Map<number, Set<number>>();
  for (const { kind, transaction, firstRegion, regions } of records) {
    if (kind === RECORD_COMPLETE) {
      locations.delete(transaction);
      continue;
    }
    const set = locations.get(transaction) ?? new Set();
    locations.set(transaction, set);
    for (let r = firstRegion; r < Math.min(firstRegion + regions, REGIONS); r++) {
      if (kind === RECORD_WRITE) set.add(r);
      if (kind === RECORD_RELEASE) set.delete(r);
    }
  }
  const dirty = [...new Set([...locations.values()].flatMap((set) => [...set]))].sort((a, b) => a - b);
  return { dirty, active: locations.size };
}

function replay(records: LogRecord[]): EvidenceReplay {
  const evidence = new EvidenceReplay(REGIONS);
  for (const r of records.toReversed()) evidence.take(r.kind, r.transaction, r.firstRegion, r.regions);
  return evidence;
}

it('random records', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 80, size: 'max' }), fc.boolean(), (list, begins) => {
      const records = begins ? withBegins(list as LogRecord[]) : (list as LogRecord[]);
      const evidence = replay(records);
      const expected = naive(records);
      expect(regionsOf(evidence)).toEqual(expected.dirty);
      expect([evidence.regions, evidence.activeTransactions]).toEqual([expected.dirty.length, expected.active]);
      expect(evidence.highestTransaction).toBe(Math.max(0, ...records.map((r) => r.transaction)));
    }),
    { numRuns: 500 },
  );
});

describe('memory follows what is open at one moment', () => {
  it('and not the length of the log', () => {
    const evidence = new EvidenceReplay(REGIONS);
    let most = 0;
    for (let t = 100_000; t > 0; t--) {
      const r = (t * 7919) % REGIONS;
      evidence.take(RECORD_COMPLETE, t, 0, 0);
      evidence.take(RECORD_RELEASE, t, r, 1);
      evidence.take(RECORD_WRITE, t, r, 1);
      evidence.take(RECORD_WRITE, t, r + 64, 1);
      most = Math.max(most, evidence.size);
      evidence.take(RECORD_BEGIN, t, 0, 0);
    }
    expect(most).toBe(1);
    expect([evidence.size, evidence.regions, evidence.activeTransactions]).toEqual([0, 0, 0]);
  });
});

it('TransactionStates equals a Map', () => {
  const id = fc.constantFrom(...TRANSACTIONS, ...Array.from({ length: 40 }, (_, i) => 1024 * i + (i % 3)));
  fc.assert(
    fc.property(fc.array(fc.tuple(id, fc.integer({ min: 0, max: 3 })), { maxLength: 4000, size: 'max' }), (steps) => {
      const states = new TransactionStates();
      const map = new Map<number, number>();
      for (const [t, state] of steps) {
        if (state === 0) map.delete(t);
        else map.set(t, state);
        if (state === 0) states.remove(t);
        else states.set(t, state);
        expect(states.get(t)).toBe(map.get(t) ?? 0);
      }
      for (const t of steps.map(([one]) => one)) expect(states.get(t)).toBe(map.get(t) ?? 0);
      expect(states.size).toBe(map.size);
      expect(states.count(2)).toBe([...map.values()].filter((s) => (s & 2) !== 0).length);
    }),
    { numRuns: 30 },
  );
});

it('RegionSets keep what was added, of each owner, when they grow', () => {
  const sets = new RegionSets();
  for (let i = 0; i < 5000; i++) sets.add(TRANSACTIONS[i % 5], Math.floor(i / 5) * 3, 1 << (i % 32));
  for (let i = 0; i < 5000; i++) {
    expect(sets.bits(TRANSACTIONS[i % 5], Math.floor(i / 5) * 3)).toBe(1 << (i % 32));
    expect(sets.bits(TRANSACTIONS[i % 5], Math.floor(i / 5) * 3 + 1)).toBe(0);
  }
  expect(sets.size).toBe(5000);
});
