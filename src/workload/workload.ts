/**
 * The load of the bench: a seeded stream of transactions of a few writes each. The same specification and seed give the
 * same stream. Every write is aligned, inside the usable bytes and within the size limits. Two writes of a transaction
 * may overlap; the tracker keeps them apart (R13). The caller controls pace and queue depth.
 */
import { BLOCK_BYTES } from '../base/observation.js';
import { createPrng, deriveSeed, type Prng } from '../base/prng.js';
import { createScatter, createZipf } from './addresses.js';
import { createPieces, type Pieces } from './pieces.js';

export interface WorkloadAddresses {
  /** `skewed`: Zipf-like, `skew` 0 … 1.2 (theta); `uniform` ignores it. */
  pattern: 'skewed' | 'uniform';
  skew: number;
  /** The only bytes that are written, in pieces spread over the area by `seed`; absent: all. */
  within?: { bytes: number; seed: number };
}

/** The load that a profile asks for. Sizes in bytes. */
export interface WorkloadSpec {
  /** Updates in flight. */
  queueDepth: number;
  writesPerTransaction: { min: number; max: number };
  writeBytes: { min: number; max: number };
  addresses: WorkloadAddresses;
  /** 0: as fast as it goes. */
  maxWritesPerSecond: number;
}

/** The fields of `WorkloadSpec` that determine the stream. */
export interface WorkloadShape {
  writesPerTransaction: { min: number; max: number };
  /** Bytes; rounded inwards to the unit (4096, or `alignBytes` when larger). */
  writeBytes: { min: number; max: number };
  /** `skewed`: Zipf over 4 KiB blocks. */
  addresses: WorkloadAddresses;
}

export interface WorkloadExtent {
  /** Bytes of one storage area; the rest after rounding down to the unit is never written. */
  usableBytes: number;
  /** The larger of the two areas' logical block sizes; a power of two. */
  alignBytes: number;
}

export interface WorkloadWrite {
  offsetBytes: number;
  lengthBytes: number;
}

export interface WorkloadTransaction {
  writes: WorkloadWrite[];
}

export interface Workload {
  nextTransaction(): WorkloadTransaction;
}

/** Random streams derived from the load's seed. Other numbers would change the stream of every seed. */
const STREAM = { draw: 1, scatter: 2 } as const;

/** An integer from min to max. Each octave is equally likely, so small writes are as frequent as large ones. */
function logUniform(prng: Prng, min: number, max: number): number {
  if (min === max) return min;
  const drawn = Math.floor(min * Math.pow((max + 1) / min, prng.nextUnit()));
  return Math.min(max, Math.max(min, drawn));
}

function checkRange(name: string, range: { min: number; max: number }): void {
  const areIntegers = Number.isSafeInteger(range.min) && Number.isSafeInteger(range.max);
  if (!areIntegers || range.min < 1 || range.max < range.min) {
    throw new RangeError(`${name} ${range.min} … ${range.max}: must be integers with 1 <= min <= max`);
  }
}

/** Units of a write: 4096 bytes, or `alignBytes` when larger. */
interface Units {
  unitBytes: number;
  unitCount: number;
  minUnits: number;
  maxUnits: number;
}

/** Throws RangeError when the area is too small for a write of the smallest size. */
function unitsOf({ alignBytes, usableBytes, writeBytes }: WorkloadShape & WorkloadExtent): Units {
  if (!Number.isSafeInteger(Math.log2(alignBytes))) {
    throw new RangeError(`alignBytes ${alignBytes}: must be a power of two`);
  }
  const unitBytes = Math.max(BLOCK_BYTES, alignBytes);
  const unitCount = Math.floor(usableBytes / unitBytes);
  const minUnits = Math.ceil(writeBytes.min / unitBytes);
  if (minUnits > unitCount) {
    throw new RangeError(
      `a write of ${minUnits * unitBytes} bytes does not fit into ${usableBytes} usable bytes; ` +
        'lower writeBytes.min or use a larger device',
    );
  }
  const maxUnits = Math.min(unitCount, Math.max(minUnits, Math.floor(writeBytes.max / unitBytes)));
  return { unitBytes, unitCount, minUnits, maxUnits };
}

function piecesOf({ addresses: { within } }: WorkloadShape, { unitBytes, unitCount, maxUnits }: Units): Pieces {
  return createPieces({ unitBytes, unitCount, pieceUnitsMin: maxUnits, within: within ?? null });
}

/** The ranges that the load may write, not in order. Throws RangeError as `createWorkload`. */
export function workingSet(spec: WorkloadShape & WorkloadExtent): WorkloadWrite[] {
  const units = unitsOf(spec);
  const { count, unitsEach, firstUnit } = piecesOf(spec, units);
  return Array.from({ length: count }, (_, i) => ({
    offsetBytes: firstUnit(i) * units.unitBytes,
    lengthBytes: unitsEach * units.unitBytes,
  }));
}

/** Throws RangeError when a limit is invalid, or the area is too small for a write of the smallest size. */
export function createWorkload(spec: WorkloadShape & WorkloadExtent, seed: number): Workload {
  checkRange('writesPerTransaction', spec.writesPerTransaction);
  checkRange('writeBytes', spec.writeBytes);
  const units = unitsOf(spec);
  const { unitBytes, minUnits, maxUnits } = units;
  const { count: pieces, unitsEach, firstUnit } = piecesOf(spec, units);
  const unitCount = pieces * unitsEach;

  const prng = createPrng(deriveSeed(seed, STREAM.draw));
  const rank = createZipf(unitCount, spec.addresses.pattern === 'skewed' ? spec.addresses.skew : 0);
  const place = createScatter(unitCount, deriveSeed(seed, STREAM.scatter));
  const { min, max } = spec.writesPerTransaction;

  const nextWrite = (): WorkloadWrite => {
    const length = logUniform(prng, minUnits, maxUnits);
    const at = place(rank(prng));
    const piece = Math.floor(at / unitsEach);
    // A write near the end of a piece moves down until it fits, so that a hot block there stays hot.
    const first = firstUnit(piece) + Math.min(at % unitsEach, unitsEach - length);
    return { offsetBytes: first * unitBytes, lengthBytes: length * unitBytes };
  };
  return {
    nextTransaction() {
      const count = min + prng.nextBelow(max - min + 1);
      return { writes: Array.from({ length: count }, nextWrite) };
    },
  };
}
