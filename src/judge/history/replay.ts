/**
 * Replay of a history file, and the checkpoint with which a later file begins.
 *
 * A checkpoint is a list of records that bring an empty history to the state of another one, so that earlier files can
 * be removed. Promises: if both then receive the same events, their ledgers stay equal. A checkpoint is taken only
 * while no I/O is in flight.
 *
 * One record covers a run of equal blocks: most blocks of a large disk are equal, because they were never written or
 * were written in long pieces.
 */
import { STORAGE_AREAS, type StorageArea } from '../../base/areas.js';
import { BLOCK_BYTES } from '../../base/observation.js';
import { JudgeError } from '../errors.js';
import { WriteHistory } from './history.js';
import { HISTORY_KIND, decodeHistory, type HistoryRecord } from './fileFormat.js';

/**
 * Runs are in blocks; the last block of an area may be short.
 *
 * @throws JudgeError HISTORY_MISFED while I/O is in flight
 */
export function* checkpointOf(history: WriteHistory): Iterable<HistoryRecord> {
  if (!history.atRest)
    throw new JudgeError('HISTORY_MISFED', 'a checkpoint of the history was requested while I/O is in flight');
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

/** Splits the blocks into the longest runs in which each function of `of` gives one value. */
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

/** Feeds one recorded event to the history again. */
function applyRecord(history: WriteHistory, r: HistoryRecord): void {
  switch (r.kind) {
    case HISTORY_KIND.issued:
      return history.issued(r.area, r.a, r.offsetBytes, r.lengthBytes);
    case HISTORY_KIND.completed:
      return history.completed(r.area, r.a, r.offsetBytes, r.lengthBytes, r.ok);
    case HISTORY_KIND.durableCompleted:
      return history.durableCompleted(r.area, r.a, r.offsetBytes, r.lengthBytes);
    case HISTORY_KIND.flushSubmitted: {
      const token = history.flushSubmitted(r.area);
      if (token !== r.a)
        throw new JudgeError('HISTORY_LOG_BAD', `history file: flush ${r.a} is number ${token} on replay`);
      return;
    }
    case HISTORY_KIND.flushCompleted:
      return history.flushCompleted(r.area, r.a, r.ok);
    case HISTORY_KIND.powerLost:
      return history.powerLost(r.area);
    case HISTORY_KIND.answered:
      return history.answered(r.a, r.offsetBytes, r.lengthBytes);
    case HISTORY_KIND.copyIssued:
      return history.copyIssued(r.offsetBytes, r.lengthBytes);
    case HISTORY_KIND.copyDurable:
      return history.copyDurable(r.offsetBytes, r.lengthBytes);
    case HISTORY_KIND.adopted:
      return history.adoptBlock(r.area, r.offsetBytes / BLOCK_BYTES, { durable: r.a, issued: r.b, damaged: r.damaged });
    case HISTORY_KIND.base:
      return history.base(r.ok ? 'unknown' : 'stamped');
    case HISTORY_KIND.blocks:
    case HISTORY_KIND.marks:
    case HISTORY_KIND.pending:
    case HISTORY_KIND.position:
      return applyCheckpoint(history, r.kind, r);
  }
}

type CheckpointKind = (typeof HISTORY_KIND)['blocks' | 'marks' | 'pending' | 'position'];

function applyCheckpoint(history: WriteHistory, kind: CheckpointKind, r: HistoryRecord): void {
  const area = history.restore(r.area);
  const first = r.offsetBytes / BLOCK_BYTES;
  const count = Math.ceil(r.lengthBytes / BLOCK_BYTES);
  switch (kind) {
    case HISTORY_KIND.blocks:
      return area.restoreBlocks(first, count, r.a, r.b, r.damaged);
    case HISTORY_KIND.marks:
      return area.restoreMarks(first, count, r.a);
    case HISTORY_KIND.pending:
      return area.restorePending(r.a, first, count);
    case HISTORY_KIND.position:
      area.restoreToken(r.a);
      return history.restoreNewest(r.b);
  }
}

/** The history after the last complete record of the file. `tornBytes`: bytes of an incomplete record at the end. */
export function replayHistory(bytes: Uint8Array): { history: WriteHistory; tornBytes: number } {
  const { header, records, tornBytes } = decodeHistory(bytes);
  const history = new WriteHistory(header);
  for (const record of records) applyRecord(history, record);
  return { history, tornBytes };
}
