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
import { pageEnd, type BlockState } from './blockPages.js';
import { WriteHistory } from './history.js';
import { HISTORY_KIND, decodeHistory, type HistoryRecord } from './fileFormat.js';

/**
 * Runs are in blocks; the last block of an area may be short. Only pages that have memory are read.
 *
 * @throws JudgeError HISTORY_MISFED while I/O is in flight
 */
export function* checkpointOf(history: WriteHistory): Iterable<HistoryRecord> {
  if (!history.atRest)
    throw new JudgeError('HISTORY_MISFED', 'a checkpoint of the history was requested while I/O is in flight');
  for (const area of STORAGE_AREAS) yield* areaRecords(history, area);
  for (const { state, first, count } of runs(history, 'primary', (a, b) => a.acknowledged === b.acknowledged)) {
    if (state.acknowledged === 0) continue;
    const answered = record(HISTORY_KIND.answered, 'primary', state.acknowledged, first, count);
    yield { ...answered, lengthBytes: Math.min(answered.lengthBytes, history.usableBytes - answered.offsetBytes) };
  }
}

function* areaRecords(history: WriteHistory, area: StorageArea): Iterable<HistoryRecord> {
  yield { ...record(HISTORY_KIND.position, area, history.area(area).token, 0, 0), b: history.newestId };
  for (const { state, first, count } of runs(history, area, holdTheSame)) {
    const { durable, issued, damaged } = state;
    if (durable === 0 && issued === 0 && damaged === 0) continue;
    yield { ...record(HISTORY_KIND.blocks, area, durable, first, count), b: issued, damaged };
  }
  for (const { state, first, count } of runs(history, area, (a, b) => a.marks === b.marks)) {
    if (state.marks !== 0) yield record(HISTORY_KIND.marks, area, state.marks, first, count);
  }
  const pending: HistoryRecord[] = [];
  history
    .area(area)
    .pendingRuns((id, first, count) => pending.push(record(HISTORY_KIND.pending, area, id, first, count)));
  yield* pending;
}

function holdTheSame(a: BlockState, b: BlockState): boolean {
  return a.durable === b.durable && a.issued === b.issued && a.damaged === b.damaged;
}

interface Run {
  /** State of the first block. */
  state: BlockState;
  first: number;
  count: number;
}

/** The longest runs of equal blocks in the pages that have memory, ascending. */
function* runs(
  history: WriteHistory,
  area: StorageArea,
  equal: (a: BlockState, b: BlockState) => boolean,
): Iterable<Run> {
  const ledger = history.area(area);
  let run: Run | null = null;
  const next: BlockState = { durable: 0, issued: 0, damaged: 0, marks: 0, acknowledged: 0 };
  for (const firstBlock of ledger.firstBlocks()) {
    const end = pageEnd(firstBlock, history.blockCount);
    for (let b = firstBlock; b < end; b++) {
      ledger.read(b, next);
      if (run !== null && run.first + run.count === b && equal(run.state, next)) {
        run.count++;
        continue;
      }
      if (run !== null) yield run;
      run = { state: { ...next }, first: b, count: 1 };
    }
  }
  if (run !== null) yield run;
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
