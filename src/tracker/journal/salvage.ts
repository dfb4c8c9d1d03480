/**
 * Reads the journal device in large pieces, and where a piece can't be read its parts, down to the block: one bad sector
 * costs the blocks that lie in it, not its neighbors.
 *
 * Bounded: once so many reads have failed, what can't be read as a whole counts as unreadable as a whole. The other copy
 * tells all the same.
 */
import { BLOCK_BYTES, UNIT_BYTES } from './layout.js';

/** Returns the bytes at an offset of the journal device, or null when they cannot be read. Not kept by the caller. */
export type JournalReader = (offsetBytes: number, lengthBytes: number) => Uint8Array | null;

/** A bad sector costs about a dozen; a device that has lost a megabyte is not asked for each of its blocks. */
const FAILED_READS_MAX = 1024;

export class Salvage {
  private readonly read: JournalReader;
  private failed = 0;

  constructor(read: JournalReader) {
    this.read = read;
  }

  /** Whole blocks; of each whether it could be read. What could not is zero. */
  piece(offsetBytes: number, lengthBytes: number): Piece {
    const piece = new Piece(lengthBytes);
    this.fill(piece, offsetBytes, 0, lengthBytes);
    return piece;
  }

  private fill(piece: Piece, offsetBytes: number, at: number, length: number): void {
    const bytes = this.read(offsetBytes + at, length);
    if (bytes !== null) {
      piece.bytes.set(bytes, at);
      return;
    }
    this.failed++;
    if (length <= BLOCK_BYTES || this.failed > FAILED_READS_MAX) {
      piece.lose(at, length);
      return;
    }
    // Units stay whole as long as may be: a device of 4 KiB sectors reads nothing smaller.
    const step = length > UNIT_BYTES ? UNIT_BYTES : BLOCK_BYTES;
    const half = Math.ceil(length / 2 / step) * step;
    this.fill(piece, offsetBytes, at, half);
    this.fill(piece, offsetBytes, at + half, length - half);
  }
}

export class Piece {
  readonly bytes: Uint8Array;
  /** Per block: it could not be read. Null: all could. */
  private lost: Uint8Array | null = null;

  constructor(lengthBytes: number) {
    this.bytes = new Uint8Array(lengthBytes);
  }

  lose(at: number, length: number): void {
    this.lost ??= new Uint8Array(this.bytes.length / BLOCK_BYTES);
    this.lost.fill(1, at / BLOCK_BYTES, (at + length) / BLOCK_BYTES);
  }

  /** Whether the block at this offset of `bytes` was read. */
  isRead(at: number): boolean {
    return this.lost === null || this.lost[at / BLOCK_BYTES] === 0;
  }
}
