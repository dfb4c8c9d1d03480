/**
 * Journals for `bench scale`, written to a file that the benchmark has made: an indicator area with the dirty regions
 * of the case, and optionally a log that is full of evidence of transactions which are over, but for the last ones.
 */
import { writeSync } from 'node:fs';
import { createPrng } from '../base/prng.js';
import { IndicatorMap } from '../tracker/core/indicatorMap.js';
import { RECORD_BEGIN, RECORD_COMPLETE, RECORD_WRITE } from '../tracker/core/transactionLog.js';
import { formatSteps, regionCountOf, type JournalGeometry } from '../tracker/journal/format.js';
import type { JournalIdentity } from '../tracker/journal/block.js';
import {
  BLOCK_BYTES,
  BLOCKS_PER_UNIT,
  journalLayout,
  logBlockOffset,
  RECORDS_PER_BLOCK,
  type JournalLayout,
} from '../tracker/journal/layout.js';
import { encodeLogBlock, type LogRecord } from '../tracker/journal/logBlock.js';

/** Transactions that are open at one moment: as many as the regions that linger by default. */
const OPEN_TRANSACTIONS = 1024;
/** Places at the end of the ring that stay as formatted: recovery continues there. */
const FREE_BLOCKS = 8 * BLOCKS_PER_UNIT;
/** Blocks that are encoded and written together. */
const BATCH_BLOCKS = 2048;

/** `count` regions at random, or all. */
export function randomRegions(regionCount: number, count: number): IndicatorMap {
  const dirty = new IndicatorMap(regionCount);
  const prng = createPrng(regionCount);
  if (count >= regionCount) dirty.setRange(0, regionCount);
  while (dirty.count < Math.min(count, regionCount)) dirty.set(prng.nextBelow(regionCount));
  return dirty;
}

export function writeJournal(fd: number, g: JournalGeometry, identity: JournalIdentity, dirty: IndicatorMap): void {
  for (const step of formatSteps(g, identity, dirty))
    if (step.kind === 'write') writeSync(fd, step.bytes, 0, step.bytes.length, step.offsetBytes);
}

/** Fills a log that was just formatted. Returns the regions of the transactions that are open at its end. */
export function fillLog(fd: number, g: JournalGeometry, identity: JournalIdentity): Set<number> {
  const regionCount = regionCountOf(g);
  const layout = journalLayout(g.logBytes, regionCount);
  const records = new RecordStream(regionCount);
  const bytes = [new Uint8Array(BATCH_BLOCKS * BLOCK_BYTES), new Uint8Array(BATCH_BLOCKS * BLOCK_BYTES)] as const;
  const end = layout.ringBlocks - FREE_BLOCKS;
  for (let first = 0; first < end; first += BATCH_BLOCKS) {
    const count = Math.min(BATCH_BLOCKS, end - first);
    for (let i = 0; i < count; i++) encodeBoth(layout, identity, first + i, records.take(RECORDS_PER_BLOCK), bytes, i);
    for (const copy of [0, 1] as const)
      writeSync(fd, bytes[copy], 0, count * BLOCK_BYTES, logBlockOffset(layout, copy, first));
  }
  return records.openRegions;
}

/** The block in place `place` of the second lap; the first lap is as formatting wrote it. */
function encodeBoth(
  layout: JournalLayout,
  identity: JournalIdentity,
  place: number,
  records: LogRecord[],
  bytes: readonly [Uint8Array, Uint8Array],
  i: number,
): void {
  const sequence = layout.ringBlocks + place;
  const block = {
    sequence,
    tail: layout.ringBlocks,
    durableThrough: sequence - 1,
    recordCount: records.length,
    records,
  };
  for (const copy of [0, 1] as const) encodeLogBlock(block, copy, layout, identity, bytes[copy], i * BLOCK_BYTES);
}

/** Transactions of one write each, which complete in the order in which they began. */
class RecordStream {
  private readonly regionCount: number;
  private readonly prng = createPrng(1);
  private readonly open: { transaction: number; region: number }[] = [];
  private next = 1;

  constructor(regionCount: number) {
    this.regionCount = regionCount;
  }

  get openRegions(): Set<number> {
    return new Set(this.open.map(({ region }) => region));
  }

  take(count: number): LogRecord[] {
    const records: LogRecord[] = [];
    while (records.length + 2 <= count) {
      if (this.open.length >= OPEN_TRANSACTIONS) {
        const { transaction } = this.open.shift()!;
        records.push({ kind: RECORD_COMPLETE, transaction, firstRegion: 0, regions: 0 });
        continue;
      }
      const [transaction, region] = [this.next++, this.prng.nextBelow(this.regionCount)];
      records.push({ kind: RECORD_BEGIN, transaction, firstRegion: 0, regions: 0 });
      records.push({ kind: RECORD_WRITE, transaction, firstRegion: region, regions: 1 });
      this.open.push({ transaction, region });
    }
    return records;
  }
}
