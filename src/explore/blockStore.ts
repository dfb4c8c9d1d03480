/** Blocks of the journal by content: a journal image is a list of small numbers, and equal blocks are one. */
import { BLOCK_BYTES } from '../tracker/journal/layout.js';
import { Mix } from './mix.js';

export class BlockStore {
  private readonly blocks: Uint8Array[] = [];
  private readonly hashes: number[] = [];
  private readonly byHash = new Map<number, number>();

  /** Number of the block at `at`. */
  intern(bytes: Uint8Array, at: number): number {
    const hash = hashBlock(bytes, at);
    const known = this.byHash.get(hash);
    if (known !== undefined) return known;
    const id = this.blocks.length;
    this.blocks.push(bytes.slice(at, at + BLOCK_BYTES));
    this.hashes.push(hash);
    this.byHash.set(hash, id);
    return id;
  }

  bytesOf(id: number): Uint8Array {
    return this.blocks[id];
  }

  /** Hash of the block's content: the same in every store. */
  hashOf(id: number): number {
    return this.hashes[id];
  }

  get count(): number {
    return this.blocks.length;
  }
}

function hashBlock(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, BLOCK_BYTES);
  const m = new Mix();
  for (let i = 0; i < BLOCK_BYTES; i += 4) m.add(view.getInt32(i, true));
  return m.value;
}

/** What a content at a place adds to the hash of an image; the sum does not depend on order. */
export function placeHash(place: number, contentHash: number): number {
  return new Mix().add(place).addNumber(contentHash).value;
}

const MODULUS = 2 ** 53;

/** Sums of hashes stay 53 bits wide. */
export function addHash(x: number, y: number): number {
  const sum = x + y;
  return sum >= MODULUS ? wrap(x, y) : sum;
}

function wrap(x: number, y: number): number {
  // x + y - 2^53 without rounding.
  return x - (MODULUS - y);
}

export function subtractHash(x: number, y: number): number {
  return x >= y ? x - y : x + (MODULUS - y);
}
