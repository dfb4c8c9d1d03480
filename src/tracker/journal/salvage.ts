/**
 * Reads the journal device in large pieces. When a piece fails it reads its halves, down to single blocks, so that a
 * bad sector costs only the blocks in it.
 *
 * The number of failed reads is bounded. Beyond the bound a piece that fails counts as unreadable as it is; the other
 * copy still counts.
 */
import { BLOCK_BYTES, UNIT_BYTES } from './layout.js';

/** Returns the bytes at an offset of the journal device, or null when the read fails. The caller does not keep them. */
export type JournalReader = (offsetBytes: number, lengthBytes: number) => Uint8Array | null;

/** One bad sector costs about 12 failed reads. A device that has lost a megabyte is not read block by block. */
const FAILED_READS_MAX = 1024;

export class Salvage {
  private readonly read: JournalReader;
  private failed = 0;

  constructor(read: JournalReader) {
    this.read = read;
  }

  /**
   * Reads blocks, and notes for each whether it was read. Unread blocks are zero. `used`: an earlier piece of this
   * length, which the caller needs no longer.
   */
  piece(offsetBytes: number, lengthBytes: number, used: Piece | null = null): Piece {
    const piece = used ?? new Piece(lengthBytes);
    piece.loseNone();
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
    // Units are split last: a device with 4 KiB sectors reads nothing smaller.
    const step = length > UNIT_BYTES ? UNIT_BYTES : BLOCK_BYTES;
    const half = Math.ceil(length / 2 / step) * step;
    this.fill(piece, offsetBytes, at, half);
    this.fill(piece, offsetBytes, at + half, length - half);
  }
}

export class Piece {
  readonly bytes: Uint8Array;
  /** The same memory, four bytes at a time, in the byte order of the host. */
  readonly words: Int32Array;
  /** Per block: 1 when it was not read. Null: all were read. */
  private lost: Uint8Array | null = null;

  constructor(lengthBytes: number) {
    this.bytes = new Uint8Array(lengthBytes);
    this.words = new Int32Array(this.bytes.buffer);
  }

  loseNone(): void {
    this.lost = null;
  }

  lose(at: number, length: number): void {
    this.lost ??= new Uint8Array(this.bytes.length / BLOCK_BYTES);
    this.bytes.fill(0, at, at + length);
    this.lost.fill(1, at / BLOCK_BYTES, (at + length) / BLOCK_BYTES);
  }

  /** Whether the block at this offset of `bytes` was read. */
  isRead(at: number): boolean {
    return this.lost === null || this.lost[at / BLOCK_BYTES] === 0;
  }
}
