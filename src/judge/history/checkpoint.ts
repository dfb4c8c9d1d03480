/**
 * A checkpoint: records that bring a fresh history to where another one stands, so that the records before it need not be
 * kept. Promises: whatever is fed to both afterwards, their ledgers stay equal. Taken only while nothing is in flight.
 *
 * Runs of equal blocks are one record. Of an area as large as a disk most blocks are alike: never written, or written
 * in long pieces.
 */
import { STORAGE_AREAS, type StorageArea } from '../../base/areas.js';
import { BLOCK_BYTES } from '../../base/observation.js';
import { JudgeError } from '../errors.js';
import type { WriteHistory } from './history.js';
import { HISTORY_KIND, type HistoryRecord } from './log.js';

/** Runs are in whole blocks; the last block of an area may be short. @throws JudgeError HISTORY_MISFED while something is in flight. */
export function* checkpointOf(history: WriteHistory): Iterable<HistoryRecord> {
  if (!history.atRest)
    throw new JudgeError('HISTORY_MISFED', 'a checkpoint of the history was asked for while I/O is in flight');
  const { acknowledged, blockCount } = history;
  for (const area of STORAGE_AREAS) yield* areaRecords(history, area);
  for (const { first, count } of runs(blockCount, (b) => acknowledged[b]!)) {
    if (acknowledged[first]! === 0) continue;
    const answered = record(HISTORY_KIND.answered, 'primary', acknowledged[first]!, first, count);
    yield { ...answered, lengthBytes: Math.min(answered.lengthBytes, history.usableBytes - answered.offsetBytes) };
  }
}

function* areaRecords(history: WriteHistory, area: StorageArea): Iterable<HistoryRecord> {
  const { durable, issued, damaged, marks, token } = history.area(area);
  yield { ...record(HISTORY_KIND.position, area, token, 0, 0), b: history.newestId };
  const { blockCount } = history;
  for (const { first, count } of runs(
    blockCount,
    (b) => durable[b]!,
    (b) => issued[b]!,
    (b) => damaged[b]!,
  )) {
    if (durable[first] === 0 && issued[first] === 0 && damaged[first] === 0) continue;
    yield {
      ...record(HISTORY_KIND.blocks, area, durable[first]!, first, count),
      b: issued[first]!,
      damaged: damaged[first]!,
    };
  }
  for (const { first, count } of runs(blockCount, (b) => marks[b]!)) {
    if (marks[first] !== 0) yield record(HISTORY_KIND.marks, area, marks[first]!, first, count);
  }
  const pending: HistoryRecord[] = [];
  history
    .area(area)
    .pendingRuns((id, first, count) => pending.push(record(HISTORY_KIND.pending, area, id, first, count)));
  yield* pending;
}

/** Longest runs of blocks that are alike in every respect. */
function* runs(blockCount: number, ...of: ((block: number) => number)[]): Iterable<{ first: number; count: number }> {
  let first = 0;
  for (let b = 1; b <= blockCount; b++) {
    if (b < blockCount && of.every((value) => value(b) === value(first))) continue;
    yield { first, count: b - first };
    first = b;
  }
}

function record(
  kind: HistoryRecord['kind'],
  area: StorageArea,
  a: number,
  firstBlock: number,
  blockCount: number,
): HistoryRecord {
  return {
    kind,
    area,
    ok: false,
    damaged: 0,
    a,
    offsetBytes: firstBlock * BLOCK_BYTES,
    lengthBytes: blockCount * BLOCK_BYTES,
    b: 0,
  };
}
