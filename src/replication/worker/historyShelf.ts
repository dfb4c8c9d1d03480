/**
 * Which files of the history are kept (pure). A file is closed as a cycle begins, once it is long enough or holds a
 * failure; of closed files those without a failure are removed when the next one has none either. So a failure keeps
 * the records of the cycles around it, and what is kept is bounded:
 *
 *   … removed … │ passed, closed │ passed, being written          at least one file's length behind the present
 *               │ passed │ FAILED │ passed │                      kept around a failure
 */
import type { KeepHistory } from '../spec.js';

/** Records of a file beyond its checkpoint, or as many as that has: writing checkpoints at most doubles what is written. */
export const HISTORY_FILE_BYTES = 32 * 2 ** 20;
/** Failures whose records are kept. The first are the ones to look at; with each come the files beside its own. */
export const KEPT_FAILURES_MAX = 16;

export interface HistoryPiece {
  name: string;
  firstCycle: number;
  lastCycle: number;
  bytes: number;
  /** Holds a cycle that did not pass. */
  isKept: boolean;
}

interface Current extends HistoryPiece {
  checkpointBytes: number;
}

export class HistoryShelf {
  current: Current = pieceAt(0, 0);
  private readonly keep: KeepHistory;
  private readonly fileBytes: number;
  private closed: HistoryPiece[] = [];
  private failures = 0;

  constructor(keep: KeepHistory, fileBytes = HISTORY_FILE_BYTES) {
    this.keep = keep;
    this.fileBytes = fileBytes;
  }

  /** Returns whether `cycle` should begin in a new file. `bytes`: of the current one. */
  cycleBegins(cycle: number, passed: boolean | null, bytes: number): boolean {
    const { current } = this;
    current.bytes = bytes;
    if (passed === null || this.keep !== 'failures') return false;
    current.lastCycle = cycle - 1;
    if (!passed && !current.isKept && this.failures < KEPT_FAILURES_MAX) {
      this.failures++;
      current.isKept = true;
    }
    return current.isKept || bytes - current.checkpointBytes >= Math.max(this.fileBytes, current.checkpointBytes);
  }

  nextName(cycle: number): string {
    return pieceAt(cycle, 0).name;
  }

  /** The new file is there, with its checkpoint. Returns what is not needed any more. */
  opened(cycle: number, checkpointBytes: number): HistoryPiece[] {
    this.closed.push(this.current);
    this.current = pieceAt(cycle, checkpointBytes);
    const isPast = (i: number): boolean =>
      i + 1 < this.closed.length && !this.closed[i].isKept && !this.closed[i + 1].isKept;
    const past = this.closed.filter((_, i) => isPast(i));
    // What a kept file needs of its neighbours is on both sides of it.
    const removed = past.filter((piece) => this.closed[this.closed.indexOf(piece) - 1]?.isKept !== true);
    this.closed = this.closed.filter((piece) => !removed.includes(piece));
    return removed;
  }
}

function pieceAt(cycle: number, checkpointBytes: number): Current {
  const name = `cycle-${String(cycle).padStart(6, '0')}.bin`;
  return { name, firstCycle: cycle, lastCycle: cycle, bytes: checkpointBytes, isKept: false, checkpointBytes };
}
