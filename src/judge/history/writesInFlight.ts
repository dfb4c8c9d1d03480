/**
 * The writes of one area that were issued and have not completed, by update. An update may be issued in pieces.
 *
 * Updates in flight have nearly consecutive ids, so a table by the low bits of the id has them without collisions and
 * without allocation. An update whose place is taken goes to a map.
 */
import { JudgeError } from '../errors.js';

/** More than are in flight in most loads. */
const PLACES = 4096;

export class WritesInFlight {
  private readonly ids = new Float64Array(PLACES);
  /** By place: pieces in flight of the update there; 0: the place is free. */
  private readonly pieces = new Uint32Array(PLACES);
  /** Pieces of all updates in the table. */
  private count = 0;
  private readonly others = new Map<number, number>();
  /** Writes in flight when the power epoch ended. Even if they complete, no later flush makes them durable. */
  private readonly orphans = new Map<number, number>();

  get isEmpty(): boolean {
    return this.count + this.others.size + this.orphans.size === 0;
  }

  add(updateId: number): void {
    const place = updateId & (PLACES - 1);
    if (this.pieces[place] === 0) this.ids[place] = updateId;
    else if (this.ids[place] !== updateId) {
      addPieces(this.others, updateId, 1);
      return;
    }
    this.pieces[place]!++;
    this.count++;
  }

  /**
   * One piece of the update has completed. Returns false if it was submitted in an earlier epoch.
   *
   * @throws JudgeError HISTORY_MISFED
   */
  remove(updateId: number): boolean {
    if (this.orphans.size > 0 && removePiece(this.orphans, updateId)) return false;
    const place = updateId & (PLACES - 1);
    if (this.pieces[place] !== 0 && this.ids[place] === updateId) {
      this.pieces[place]!--;
      this.count--;
      return true;
    }
    if (removePiece(this.others, updateId)) return true;
    throw new JudgeError('HISTORY_MISFED', `update ${updateId} completed but is not in flight`, { updateId });
  }

  endEpoch(): void {
    this.pieces.forEach((pieces, place) => {
      if (pieces > 0) addPieces(this.orphans, this.ids[place]!, pieces);
    });
    for (const [id, pieces] of this.others) addPieces(this.orphans, id, pieces);
    this.forgetPresent();
  }

  clear(): void {
    this.forgetPresent();
    this.orphans.clear();
  }

  private forgetPresent(): void {
    this.pieces.fill(0);
    this.count = 0;
    this.others.clear();
  }
}

function addPieces(inFlight: Map<number, number>, updateId: number, pieces: number): void {
  inFlight.set(updateId, (inFlight.get(updateId) ?? 0) + pieces);
}

/** False: the update has no piece in flight there. */
function removePiece(inFlight: Map<number, number>, updateId: number): boolean {
  const pieces = inFlight.get(updateId);
  if (pieces === undefined) return false;
  if (pieces === 1) inFlight.delete(updateId);
  else inFlight.set(updateId, pieces - 1);
  return true;
}
