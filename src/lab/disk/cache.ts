/**
 * The volatile write cache of a virtual disk: writes since the last flush, in order, over a durable medium.
 *
 *   FUSE request ──read(2)──► [ arena: a ring of bytes ]  ──flush, oldest evicted──► medium
 *                               entries: offset, length, where
 *
 * Promises: a read returns cached data before that of the medium; a flush makes all cached writes durable in order;
 * arena and entry table have a fixed size. The server reads a request directly into the arena, so its data is copied
 * once.
 * Does not: handle the power (the server does) or faults (wrappers do).
 */
import type { Random } from '../random.js';
import type { Medium, VirtualDevice } from './device.js';
import { CacheIndex } from './cacheIndex.js';
import { RequestArena } from './requestArena.js';
import { killOfCut, decideFate, type KillSpec } from './killModel.js';

/** The entry table grows with the cache, between these limits. */
const ENTRIES_MIN = 1024;
const ENTRIES_MAX = 1 << 20;
const TYPICAL_WRITE_BYTES = 2048;

/** Marks an entry without data: a discard. */
const NO_DATA = -1;

/** How many unflushed writes a cut found, and their fates. The keys are those of power.jsonl. */
export interface CutFateCounts {
  unflushed: number;
  dropped: number;
  kept: number;
  torn: number;
}

export interface CacheSetup {
  sizeBytes: number;
  /** 0: write-through. */
  cacheBytes: number;
  /** The longest request, header included. */
  requestBytesMax: number;
  requestHeaderBytes: number;
  kill: KillSpec;
  random: Random;
  onCutFates?: (counts: CutFateCounts) => void;
}

export class VolatileCache implements VirtualDevice {
  /** The server reads the next request into it. */
  readonly arena: RequestArena;
  #setup: CacheSetup;
  #medium: Medium;
  #index: CacheIndex;
  #offset: Float64Array;
  #length: Float64Array;
  #at: Float64Array;
  #first = 0;
  #count = 0;
  #cachedBytes = 0;

  constructor(medium: Medium, setup: CacheSetup) {
    this.#medium = medium;
    this.#setup = setup;
    const capacity = Math.min(ENTRIES_MAX, Math.max(ENTRIES_MIN, Math.ceil(setup.cacheBytes / TYPICAL_WRITE_BYTES)));
    this.#offset = new Float64Array(capacity);
    this.#length = new Float64Array(capacity);
    this.#at = new Float64Array(capacity);
    this.#index = new CacheIndex(setup.sizeBytes);
    this.arena = new RequestArena(setup.cacheBytes, setup.requestBytesMax, setup.requestHeaderBytes);
  }

  get unflushedWrites(): number {
    return this.#count;
  }

  /** Offset in the arena for the next request, header first. Evicts writes until the longest request fits. */
  reserve(): number {
    while (!this.arena.hasRoom()) this.#evictOldest();
    return this.arena.head;
  }

  read(offsetBytes: number, target: Buffer, at: number, lengthBytes: number): number {
    this.#medium.read(offsetBytes, target, at, lengthBytes);
    if (this.#index.mayHold(offsetBytes, lengthBytes)) this.#overlay(offsetBytes, target, at, lengthBytes);
    return 0;
  }

  write(offsetBytes: number, source: Buffer, at: number, lengthBytes: number): number {
    if (this.#setup.cacheBytes === 0) {
      this.#medium.write(offsetBytes, source, at, lengthBytes, 'flush');
      return 0;
    }
    this.#makeEntryRoom();
    if (!this.arena.adopt(source, at, lengthBytes)) {
      this.reserve();
      at = this.arena.copyIn(source, at, lengthBytes);
    }
    this.#append(offsetBytes, lengthBytes, at);
    this.#cachedBytes += lengthBytes;
    while (this.#cachedBytes > this.#setup.cacheBytes) this.#evictOldest();
    return 0;
  }

  discard(offsetBytes: number, lengthBytes: number): number {
    if (this.#setup.cacheBytes === 0) {
      this.#medium.zero(offsetBytes, lengthBytes, 'flush');
      return 0;
    }
    this.#makeEntryRoom();
    this.#append(offsetBytes, lengthBytes, NO_DATA);
    return 0;
  }

  flush(): number {
    for (let i = 0; i < this.#count; i++) this.#apply(this.#slot(i), 'flush');
    this.#clear();
    return 0;
  }

  powerLost(): void {
    const counts: CutFateCounts = { unflushed: this.#count, dropped: 0, kept: 0, torn: 0 };
    const { random } = this.#setup;
    const kill = killOfCut(this.#setup.kill, random);
    try {
      for (let i = 0; i < this.#count; i++) {
        const slot = this.#slot(i);
        counts[decideFate(kill, random, this.#length[slot], (start, length) => this.#keep(slot, start, length))]++;
      }
    } finally {
      this.#clear(); // also when the image fails: volatile data does not survive a cut
    }
    this.#setup.onCutFates?.(counts);
  }

  powerReturned(): void {
    // Nothing is volatile after a cut.
  }

  /**
   * Drops each unflushed write with this probability and makes the others durable, as a device does whose flush fails.
   */
  loseSome(random: Random, probability: number): number {
    let lost = 0;
    for (let i = 0; i < this.#count; i++) {
      const slot = this.#slot(i);
      if (random.chance(probability)) lost++;
      else this.#apply(slot, 'evict');
    }
    this.#clear();
    return lost;
  }

  #slot(i: number): number {
    return (this.#first + i) % this.#offset.length;
  }

  #append(offsetBytes: number, lengthBytes: number, at: number): void {
    const slot = this.#slot(this.#count++);
    this.#offset[slot] = offsetBytes;
    this.#length[slot] = lengthBytes;
    this.#at[slot] = at;
    this.#index.add(offsetBytes, lengthBytes);
  }

  #makeEntryRoom(): void {
    if (this.#count === this.#offset.length) this.#evictOldest();
  }

  #evictOldest(): void {
    const slot = this.#first;
    this.#apply(slot, 'evict');
    this.#index.remove(this.#offset[slot], this.#length[slot]);
    this.#first = this.#slot(1);
    this.#count--;
    if (this.#at[slot] === NO_DATA) return;
    this.#cachedBytes -= this.#length[slot];
    this.arena.release(this.#at[slot] + this.#length[slot], this.#cachedBytes === 0);
  }

  #apply(slot: number, cause: 'flush' | 'evict'): void {
    const [offset, length, at] = [this.#offset[slot], this.#length[slot], this.#at[slot]];
    if (at === NO_DATA) this.#medium.zero(offset, length, cause);
    else this.#medium.write(offset, this.arena.bytes, at, length, cause);
  }

  #keep(slot: number, start: number, length: number): void {
    const at = this.#at[slot];
    if (at === NO_DATA) this.#medium.zero(this.#offset[slot] + start, length, 'cut');
    else this.#medium.write(this.#offset[slot] + start, this.arena.bytes, at + start, length, 'cut');
  }

  #clear(): void {
    this.#first = 0;
    this.#count = 0;
    this.#cachedBytes = 0;
    this.#index.clear();
    this.arena.reset();
  }

  #overlay(offsetBytes: number, target: Buffer, at: number, lengthBytes: number): void {
    const endBytes = offsetBytes + lengthBytes;
    for (let i = 0; i < this.#count; i++) {
      const slot = this.#slot(i);
      const from = Math.max(offsetBytes, this.#offset[slot]);
      const to = Math.min(endBytes, this.#offset[slot] + this.#length[slot]);
      if (from >= to) continue;
      const [targetFrom, targetTo] = [at + from - offsetBytes, at + to - offsetBytes];
      if (this.#at[slot] === NO_DATA) target.fill(0, targetFrom, targetTo);
      else {
        const dataAt = this.#at[slot] + from - this.#offset[slot];
        this.arena.bytes.copy(target, targetFrom, dataAt, dataAt + to - from);
      }
    }
  }
}
