/**
 * The journal device, block by block (a block is one sector). Writes that no flush has covered may be there or not, each
 * block for itself. Unlike the areas, where sets per sector say all, what recovery makes of the journal depends on
 * blocks together: images are listed (crashImages.ts).
 */
import type { BlockStore } from './blockStore.js';
import { addHash, placeHash, subtractHash } from './blockStore.js';
import type { Mix } from './mix.js';
import { mixAll } from './mix.js';

export interface JournalWrite {
  readonly ordinal: number;
  readonly kind: 'log' | 'page';
  /** Commit index or group. */
  readonly tag: number;
  /** Which copy of the ring block i belongs to; a page is written to one copy. */
  readonly blocksPerCopy: number;
  readonly places: readonly number[];
  readonly blocks: readonly number[];
  readonly hash: number;
  readonly note: string;
}

export function journalWrite(w: Omit<JournalWrite, 'hash'>, store: BlockStore): JournalWrite {
  return { ...w, hash: mixAll([...w.places, -1, ...w.blocks.map((b) => store.hashOf(b))]) };
}

/** Blocks of the device by number, with their hash kept along. */
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

/** The image with the blocks of `write` for which `mask` says so. */
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
    // Without power it goes nowhere, and is reported as failed.
    this.flying.push(this.dead ? { ...w, places: [], blocks: [], hash: 0 } : w);
  }

  end(w: JournalWrite, fua: boolean): void {
    this.flying = this.flying.filter((x) => x !== w);
    if (fua) this.durable = withWrite(this.durable, w, ALL);
    else this.cached.push(w);
  }

  /** It may be there or not, and stays so. */
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

  /** What was not durable may be there or not from now on; nothing new arrives. */
  powerLoss(): void {
    this.dead = true;
    this.covered = -1;
  }

  /** Hash of what a crash can leave: durable content, and the writes that may or may not be there. */
  viewHash(): number {
    let h = this.durable.hash;
    for (const w of this.pending) h = addHash(h, w.hash);
    return h;
  }

  addTo(m: Mix): void {
    m.addNumber(this.durable.hash);
    for (const w of this.flying) m.addNumber(w.hash).add(w.tag);
    m.add(-7);
    for (const w of this.cached) m.addNumber(w.hash);
    m.add(this.covered).add(this.dead ? 1 : 0);
  }
}
