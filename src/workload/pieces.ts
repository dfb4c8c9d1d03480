/**
 * Where a load writes: the entire area as one piece, or pieces of equal size spread over it by seed. With pieces a load
 * on a large area touches no more than one on a small area.
 */
import { deriveSeed } from '../base/prng.js';
import { createScatter } from './addresses.js';

/** Large enough that most writes of a piece are neighbors of others, small enough that pieces lie far apart. */
const PIECE_BYTES = 2 ** 20;

/** Random stream of the places, derived from the seed of `within`. */
const STREAM_PLACES = 3;

export interface Pieces {
  count: number;
  unitsEach: number;
  /** First unit of a piece; pieces do not overlap. */
  firstUnit: (piece: number) => number;
}

export interface PiecesInput {
  unitBytes: number;
  /** Of the area. */
  unitCount: number;
  /** A piece holds the largest write. */
  pieceUnitsMin: number;
  /** Bytes of all pieces together, rounded up to one piece; null: the entire area. */
  within: { bytes: number; seed: number } | null;
}

export function createPieces({ unitBytes, unitCount, pieceUnitsMin, within }: PiecesInput): Pieces {
  const unitsEach = Math.max(pieceUnitsMin, Math.ceil(PIECE_BYTES / unitBytes));
  const places = Math.floor(unitCount / unitsEach);
  const count = within === null ? places : Math.max(1, Math.ceil(within.bytes / (unitsEach * unitBytes)));
  if (within === null || count >= places) return { count: 1, unitsEach: unitCount, firstUnit: () => 0 };
  const place = createScatter(places, deriveSeed(within.seed, STREAM_PLACES));
  return { count, unitsEach, firstUnit: (piece) => place(piece) * unitsEach };
}
