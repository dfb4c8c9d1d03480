/**
 * Model of the journal device, block by block (a block is one sector). After a power loss, each block of a write that
 * no flush has covered may be there or not. For P and S a set of versions per sector is enough; the result of recovery
 * depends on combinations of blocks, so crashImages.ts lists the possible images.
 *
 * A block store keeps each content once: an image is a list of small numbers.
 */
import { Mix, mixAll } from './stateHash.js';
import { BLOCK_BYTES } from '../tracker/journal/layout.js';

export interface JournalWrite {
  readonly ordinal: number;
  readonly kind: 'log' | 'page';
  /** Commit index or group. */
  readonly tag: number;
  /** Block i belongs to copy i / blocksPerCopy of the ring; a page is written to one copy. */
  readonly blocksPerCopy: number;
  readonly places: readonly number[];
  readonly blocks: readonly number[];
  readonly hash: number;
  readonly note: string;
}

export function journalWrite(w: Omit<JournalWrite, 'hash'>, store: BlockStore): JournalWrite {
  return { ...w, hash: mixAll([...w.places, -1, ...w.blocks.map((b) => store.hashOf(b))]) };
}

/** The device's blocks as numbers of the store, and their hash. */
export interface JournalImage {
  readonly blocks: Int32Array;
  readonly hash: number;
  readonly store: BlockStore;
}

export function imageOf(bytes: Uint8Array, store: BlockStore): JournalImage {
  const blocks = Int32Array.from({ length: bytes.length / 512 }, (_, i) => store.intern(bytes, i * 512));
  let hash = 0;
  blocks.forEach((b, i) => (hash = addHash(hash, placeHash(i, store.hashOf(b)))));
  return { blocks, hash, store };
}

/** The image with those blocks of `write` for which `mask` is true. */
export function withWrite(image: JournalImage, write: JournalWrite, mask: (i: number) => boolean): JournalImage {
  const { store } = image;
  const blocks = image.blocks.slice();
  let { hash } = image;
  for (let i = 0; i < write.places.length; i++) {
    const place = write.places[i];
    if (!mask(i) || blocks[place] === write.blocks[i]) continue;
    hash = subtractHash(hash, placeHash(place, store.hashOf(blocks[place])));
    hash = addHash(hash, placeHash(place, store.hashOf(write.blocks[i])));
    blocks[place] = write.blocks[i];
  }
  return { blocks, hash, store };
}

const ALL = (): boolean => true;

export class JournalDevice {
  durable: JournalImage;
  flying: JournalWrite[] = [];
  cached: JournalWrite[] = [];
  covered = -1;
  dead = false;
  nextOrdinal = 0;

  constructor(durable: JournalImage) {
    this.durable = durable;
  }

  clone(): JournalDevice {
    const c = new JournalDevice(this.durable);
    c.flying = this.flying.slice();
    c.cached = this.cached.slice();
    c.covered = this.covered;
    c.dead = this.dead;
    c.nextOrdinal = this.nextOrdinal;
    return c;
  }

  /** Writes that a power loss now may leave in any part. */
  get pending(): JournalWrite[] {
    return this.flying.length === 0 ? this.cached : [...this.cached, ...this.flying];
  }

  submit(w: JournalWrite): void {
    // Without power the write does not reach the medium, and the device reports that it failed.
    this.flying.push(this.dead ? { ...w, places: [], blocks: [], hash: 0 } : w);
  }

  end(w: JournalWrite, fua: boolean): void {
    this.flying = this.flying.filter((x) => x !== w);
    if (fua) this.durable = withWrite(this.durable, w, ALL);
    else this.cached.push(w);
  }

  /** The write may be there or not, and no flush changes that. */
  fail(w: JournalWrite): void {
    this.flying = this.flying.filter((x) => x !== w);
    if (w.places.length > 0) this.cached.push(w);
  }

  flushSubmitted(): void {
    this.covered = this.cached.length;
  }

  flushed(): void {
    for (let i = 0; i < this.covered; i++) this.durable = withWrite(this.durable, this.cached[i], ALL);
    this.cached = this.cached.slice(this.covered);
    this.covered = -1;
  }

  flushFailed(): void {
    this.covered = -1;
  }

  /** Writes that were not durable may be there or not; no new write arrives. */
  powerLoss(): void {
    this.dead = true;
    this.covered = -1;
  }

  addTo(m: Mix): void {
    m.addNumber(this.durable.hash);
    for (const w of this.flying) m.addNumber(w.hash).add(w.tag);
    m.add(-7);
    for (const w of this.cached) m.addNumber(w.hash);
    m.add(this.covered).add(this.dead ? 1 : 0);
  }
}

export class BlockStore {
  private readonly blocks: Uint8Array[] = [];
  private readonly hashes: number[] = [];
  private readonly byHash = new Map<number, number>();

  /** The number of the block at offset `at`; a new content is added. */
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

  /** Hash of the block's content; it is the same in every store. */
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

/** What a block adds to the hash of an image. The hash is a sum, so the order does not matter. */
export function placeHash(place: number, contentHash: number): number {
  return new Mix().add(place).addNumber(contentHash).value;
}

const MODULUS = 2 ** 53;

/** The sum of two hashes, modulo 2^53. */
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
