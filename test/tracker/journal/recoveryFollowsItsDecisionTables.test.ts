/**
 * The decision tables of recovery, cell by cell: logRing.ts, indicatorArea.ts, and that of the superblocks in
 * recovery.ts.
 */
import { describe, expect, it } from 'vitest';
import { IndicatorMap } from '../../../src/tracker/core/indicatorMap.js';
import { RECORD_WRITE } from '../../../src/tracker/core/transactionLog.js';
import { planDriver } from '../../../src/replication/sizes.js';
import { sealBlock } from '../../../src/tracker/journal/block.js';
import { Findings } from '../../../src/tracker/journal/findings.js';
import { encodeSuperblock, formatSteps } from '../../../src/tracker/journal/format.js';
import {
  BLOCK_BYTES,
  BLOCKS_PER_UNIT,
  inFlightBlocksMax,
  journalLayout,
  LOG_BYTES_MIN,
  RECORDS_PER_BLOCK,
  UNIT_BYTES,
} from '../../../src/tracker/journal/layout.js';
import type { LogBlock } from '../../../src/tracker/journal/logBlock.js';
import { PageTable, type CopyChoice } from '../../../src/tracker/journal/indicatorArea.js';
import { recoverLog } from '../../../src/tracker/journal/recoverLog.js';
import { regionsOf } from './evidence.js';
import { recoverJournal } from '../../../src/tracker/journal/recovery.js';

const REGIONS = 100;
const layout = journalLayout(LOG_BYTES_MIN, REGIONS);
const RING = layout.ringBlocks;
/** Evidence is in TAIL … HEAD: two commits of one unit each. No block states that the second one was durable. */
const TAIL = 2 * RING + 8;
const HEAD = TAIL + 15;
const DURABLE = TAIL + 7;

type Cell = 'valid' | 'older' | 'invalid';
/** The first block of a unit names region s % 100; the others are empty. Blocks in `full` count as full. */
function blockOf(s: number, full: readonly number[]): LogBlock {
  const isFirst = s % BLOCKS_PER_UNIT === 0 && s >= TAIL;
  const record = { kind: RECORD_WRITE as typeof RECORD_WRITE, transaction: s, firstRegion: s % REGIONS, regions: 1 };
  return {
    sequence: s,
    tail: s >= TAIL ? TAIL : RING,
    durableThrough: s > DURABLE ? DURABLE : s >= TAIL ? TAIL - 1 : RING - 1,
    recordCount: full.includes(s) ? RECORDS_PER_BLOCK : isFirst ? 1 : 0,
    records: isFirst ? [record] : [],
  };
}

interface Damage {
  [sequence: number]: [Cell, Cell];
}

/** Blocks after HEAD are of the previous lap, unless `damage` replaces them. */
function recover(damage: Damage, full: readonly number[] = []) {
  const findings = new Findings();
  const r = recoverLog(
    layout,
    REGIONS,
    (copy, place) => {
      let s = HEAD - ((HEAD - place) % RING);
      let cell: Cell = 'valid';
      for (const [named, cells] of Object.entries(damage)) {
        if (Number(named) % RING !== place) continue;
        cell = cells[copy];
        s = cell === 'older' ? Number(named) - RING : Number(named);
      }
      return cell === 'invalid' ? 'corrupt' : blockOf(s, full);
    },
    findings,
  );
  return {
    dirty: r.evidence === null ? 'everything' : regionsOf(r.evidence),
    head: r.head,
    list: findings.list.map((f) => [f.class, f.effect]),
  };
}

const first = TAIL % REGIONS;
const second = (TAIL + 8) % REGIONS;

describe('the log: block s of T … H', () => {
  const all = { dirty: [first, second].sort((a, b) => a - b), head: HEAD };

  it.each<[Cell, Cell]>([
    ['valid', 'valid'],
    ['valid', 'older'],
    ['older', 'valid'],
    ['valid', 'invalid'],
    ['invalid', 'valid'],
  ])('%s and %s: it is taken', (a, b) => {
    for (const s of [TAIL, TAIL + 3, TAIL + 8, HEAD]) expect(recover({ [s]: [a, b] })).toMatchObject(all);
  });

  it.each<[Cell, Cell]>([
    ['older', 'older'],
    ['older', 'invalid'],
    ['invalid', 'older'],
    ['invalid', 'invalid'],
  ])('%s and %s: everything, unless it held no record', (a, b) => {
    expect(recover({ [TAIL]: [a, b] }).dirty).toBe('everything');
    expect(recover({ [TAIL + 1]: [a, b] })).toMatchObject(all);
    expect(recover({ [TAIL + 7]: [a, b] })).toMatchObject(all);
    // The block before it is full: it may have held more records.
    expect(recover({ [TAIL + 1]: [a, b] }, [TAIL]).dirty).toBe('everything');
    // Two in a row: the last block before them is not full, so neither held a record.
    expect(recover({ [TAIL + 1]: [a, b], [TAIL + 2]: [a, b] })).toMatchObject(all);
    expect(recover({ [TAIL]: [a, b], [TAIL + 1]: [a, b] }).dirty).toBe('everything');
  });

  it('durable blocks are listed as a fault of the device, blocks that may have been in flight as torn', () => {
    expect(recover({ [TAIL]: ['valid', 'invalid'] }).list).toEqual([['indicator-rot', 'repaired']]);
    expect(recover({ [TAIL]: ['valid', 'older'] }).list).toEqual([['indicator-rot', 'ignored']]);
    expect(recover({ [HEAD]: ['valid', 'invalid'] }).list).toEqual([['indicator-torn', 'repaired']]);
    expect(recover({ [HEAD]: ['valid', 'older'] }).list).toEqual([]);
    expect(recover({ [TAIL]: ['invalid', 'invalid'] }).list).toEqual([
      ['indicator-rot', 'everything-dirty'],
      ['indicator-rot', 'everything-dirty'],
      ['indicator-rot', 'everything-dirty'],
    ]);
  });
});

describe('the log: the block after H', () => {
  const next = HEAD + 1;
  const before = { dirty: [first, second].sort((a, b) => a - b), head: HEAD };

  it.each<[Cell, Cell]>([
    ['valid', 'valid'],
    ['valid', 'older'],
    ['valid', 'invalid'],
    ['invalid', 'valid'],
  ])('%s and %s: the log continues', (a, b) => {
    const r = recover({ [next]: [a, b] });
    expect(r.head).toBe(next);
    expect(r.dirty).toContain(next % REGIONS);
  });

  it.each<[Cell, Cell]>([
    ['older', 'older'],
    ['older', 'invalid'],
    ['invalid', 'older'],
  ])('%s and %s: it was never durable, and the log ends', (a, b) => {
    expect(recover({ [next]: [a, b] })).toMatchObject(before);
  });

  it('invalid in both: a torn unit costs nothing; a unit without an older block makes everything dirty', () => {
    expect(recover({ [next]: ['invalid', 'invalid'] })).toMatchObject(before);
    const written: Damage = {};
    for (let b = 1; b < BLOCKS_PER_UNIT; b++) written[next + b] = ['valid', 'valid'];
    expect(recover({ ...written, [next]: ['invalid', 'invalid'] }).dirty).toBe('everything');
    expect(recover({ ...written, [next]: ['invalid', 'invalid'], [next + 4]: ['older', 'valid'] })).toMatchObject(
      before,
    );
  });

  it('invalid in both, and it held no record: the log continues after it', () => {
    const r = recover({
      [next]: ['valid', 'valid'],
      [next + 1]: ['invalid', 'invalid'],
      [next + 2]: ['valid', 'valid'],
    });
    expect(r.head).toBe(next + 2);
    expect(r.dirty).toContain(next % REGIONS);
  });
});

describe('the log: any other place', () => {
  it.each<[Cell, Cell]>([
    ['invalid', 'valid'],
    ['invalid', 'invalid'],
    ['older', 'invalid'],
    ['older', 'older'],
  ])('%s and %s: costs nothing', (a, b) => {
    for (let s = HEAD + 2; s < TAIL + RING; s++)
      expect(recover({ [s - RING]: [a, b] })).toMatchObject({
        dirty: [first, second].sort((x, y) => x - y),
        head: HEAD,
      });
  });

  it('is torn where a write may have been in flight, for any size of commits, and a fault of the device elsewhere', () => {
    for (const logBytes of [LOG_BYTES_MIN, 2 ** 20, 2 ** 22]) {
      const { ringBlocks } = journalLayout(logBytes, REGIONS);
      const tracking = {
        mode: 'sync',
        acknowledge: 'durable',
        regionBytes: 4096,
        lingerMs: 1,
        hotRegions: 1,
        ackTimeoutMs: 1,
        groupCommitMs: 1,
        flushEveryWrites: 1,
        flushIntervalMs: 1,
      } as const;
      const plan = planDriver({
        geometry: { regionBytes: 4096, usableBytes: REGIONS * 4096, logBytes },
        ringBlocks,
        tracking,
        workload: null,
        durability: { primary: 'flush', secondary: 'flush', journal: 'flush' },
        recovery: { firstSequence: ringBlocks, recoveredThrough: ringBlocks - 1 },
      });
      const { commitsInFlight, unitsPerCommit, blocksPerUnit } = plan.core.log;
      expect(inFlightBlocksMax(ringBlocks)).toBeGreaterThanOrEqual(commitsInFlight * unitsPerCommit * blocksPerUnit);
      expect(inFlightBlocksMax(ringBlocks)).toBeLessThan(ringBlocks);
    }
    const last = HEAD + inFlightBlocksMax(RING);
    if (last < TAIL + RING)
      expect(recover({ [last - RING]: ['invalid', 'valid'] }).list).toEqual([['indicator-torn', 'repaired']]);
    const durable = journalLayout(2 ** 20, REGIONS);
    const findings = new Findings();
    recoverLog(
      durable,
      REGIONS,
      (copy, place) =>
        copy === 0 && place >= durable.ringBlocks - 4
          ? 'unreadable'
          : { ...blockOf(place, []), tail: durable.ringBlocks, durableThrough: durable.ringBlocks - 1 },
      findings,
    );
    expect(findings.list).toEqual([
      expect.objectContaining({ class: 'indicator-rot', effect: 'repaired', problem: 'unreadable', blocks: 4 }),
    ]);
  });
});

describe('the indicator area', () => {
  // Generations of the block's copies, and the newest generations of their units.
  it.each<[string, [number, number], [number, number], CopyChoice]>([
    ['current and current', [7, 6], [7, 6], 0],
    ['current and current', [6, 7], [6, 7], 1],
    ['current and older', [8, 5], [8, 7], 0],
    ['older, of a torn write, and current', [5, 6], [7, 6], 1],
    ['older, but newer than the current copy', [6, 5], [8, 5], 0],
    ['older and older', [5, 6], [7, 8], 1],
    ['current and invalid', [7, -1], [7, 6], 0],
    ['invalid and current', [-1, 6], [7, 6], 1],
    ['older and invalid', [5, -1], [7, 6], 'neither'],
    ['invalid and older', [-1, 5], [7, 6], 'neither'],
    ['invalid and invalid', [-1, -1], [7, 6], 'neither'],
  ])('%s', (_name, generation, newestOfUnit, believed) => {
    expect(new PageTable().choose({ generation, newestOfUnit })).toBe(believed);
  });
});

describe('the superblocks', () => {
  const geometry = { regionBytes: 4096, usableBytes: REGIONS * 4096, logBytes: LOG_BYTES_MIN };
  const rigUuid = new Uint8Array(16).fill(3);
  const dirty = new IndicatorMap(REGIONS);
  dirty.set(5);

  function formatted(formatEpoch: number): Uint8Array {
    const bytes = new Uint8Array(layout.totalBytes);
    for (const step of formatSteps(geometry, { rigUuid, formatEpoch }, dirty))
      if (step.kind === 'write') bytes.set(step.bytes, step.offsetBytes);
    return bytes;
  }
  const recoverBytes = (bytes: Uint8Array) =>
    recoverJournal({ ...geometry, rigUuid }, (at, length) => bytes.subarray(at, at + length));
  const of = (formatEpoch: number, copy: 0 | 1): Uint8Array =>
    encodeSuperblock(geometry, { rigUuid, formatEpoch }, layout.superblockOffset[copy]);

  it.each([0, 1] as const)('copy %i invalid: the other counts, and it is written again', (copy) => {
    const bytes = formatted(1);
    bytes.fill(0, layout.superblockOffset[copy], layout.superblockOffset[copy] + UNIT_BYTES);
    const r = recoverBytes(bytes);
    expect([...r.dirty.regions()]).toEqual([5]);
    expect([r.superblocksToRepair, r.findings.list.map((f) => f.effect)]).toEqual([[copy], ['repaired']]);
  });

  it.each([0, 1] as const)(
    "copy %i of an earlier or a later format: the format of the journal's blocks counts",
    (copy) => {
      for (const other of [1, 3]) {
        const bytes = formatted(2);
        bytes.set(of(other, copy), layout.superblockOffset[copy]);
        const r = recoverBytes(bytes);
        expect([...r.dirty.regions()]).toEqual([5]);
        expect([r.identity.formatEpoch, r.superblocksToRepair, r.findings.list.map((f) => f.effect)]).toEqual([
          2,
          [copy],
          ['repaired'],
        ]);
      }
    },
  );

  it('of two formats, while the blocks have a third one: everything is dirty', () => {
    const bytes = formatted(3);
    for (const copy of [0, 1] as const) bytes.set(of(1 + copy, copy), layout.superblockOffset[copy]);
    expect(recoverBytes(bytes)).toMatchObject({ everythingDirty: true, needsFormat: true });
  });

  it('neither valid: everything is dirty, with one finding', () => {
    const bytes = formatted(1);
    bytes.fill(0, 0, 2 * UNIT_BYTES);
    const r = recoverBytes(bytes);
    expect([r.dirty.count, r.findings.list.length, r.findings.count]).toEqual([REGIONS, 1, 1]);
  });

  it('one of another rig: refused, also when the other copy is of this rig', () => {
    const bytes = formatted(1);
    const foreign = of(1, 1);
    sealBlock(
      foreign,
      0,
      { kind: 1, sequence: 1, offsetBytes: layout.superblockOffset[1] },
      { rigUuid: new Uint8Array(16).fill(9), formatEpoch: 1 },
    );
    bytes.set(foreign.subarray(0, BLOCK_BYTES), layout.superblockOffset[1]);
    expect(() => recoverBytes(bytes)).toThrow(expect.objectContaining({ code: 'WRONG_JOURNAL' }));
  });
});
