/**
 * The log ring in memory: which records go into which block, which blocks are durable, how far the tail may move
 * (R3, R6, R7; claims 3 to 6). Knows nothing of bytes: src/tracker/journal/ encodes what stands in a commit.
 *
 *        tail              durableThrough          nextSequence
 *    ──────┼─ durable blocks ─────┼─ in flight, in order ─┼─ open commit ──▶
 *
 * Blocks are numbered for ever; block s lies at place s mod ringBlocks. A commit is written at once; its blocks are
 * durable only when all earlier ones are. Only the last block of a commit carries the new tail: evidence that the new
 * tail drops may be replaced by a record anywhere in the same commit, and a torn commit keeps a prefix.
 */
import type { LogConfig } from './config.js';
import * as limits from './config.js';

// Constants of the file: see recordLayout.ts.
const { OPENING_UNITS } = limits;

export const RECORD_BEGIN = 1;
export const RECORD_WRITE = 2;
export const RECORD_RELEASE = 3;
export const RECORD_COMPLETE = 4;
export type RecordKind = typeof RECORD_BEGIN | typeof RECORD_WRITE | typeof RECORD_RELEASE | typeof RECORD_COMPLETE;

/** Regions that one record can name (a 16-bit field on disk). */
const MAX_REGIONS_PER_RECORD = 0xffff;

export class LogCommit {
  readonly index: number;
  /** Sequence number of its first block. */
  start = 0;
  /** Blocks, padding included; 0 while the commit is open. */
  blocks = 0;
  recordCount = 0;
  readonly kind: Uint8Array;
  readonly transaction: Float64Array;
  readonly region: Uint32Array;
  readonly count: Uint32Array;
  /** Tail before this commit, for all its blocks but the last; and the tail for the last. */
  tailBefore = 0;
  tail = 0;
  /** The highest block known durable, with all before it, when this commit was sealed. */
  durableThrough = 0;
  openedMs = 0;
  written = false;
  /** Slots that wait until this commit is durable. */
  readonly waiters: number[] = [];

  constructor(index: number, capacity: number) {
    this.index = index;
    this.kind = new Uint8Array(capacity);
    this.transaction = new Float64Array(capacity);
    this.region = new Uint32Array(capacity);
    this.count = new Uint32Array(capacity);
  }
}

export class TransactionLog {
  readonly config: LogConfig;
  /** Blocks of the open commit start here. */
  nextSequence: number;
  /** All blocks up to here are durable. */
  durableThrough: number;
  /** Oldest block that still holds evidence. */
  tail: number;
  /** The tail that a durable block carries: only what lies before it may be overwritten. */
  durableTail: number;
  private sealedTail: number;
  /** What the next sealed commit says is durable; behind `durableThrough` only until recovery's first commit is. */
  private saidDurable: number;
  /** Per place: regions of write records in the block that have not been taken back. */
  private readonly live: Int32Array;
  private readonly commits: LogCommit[] = [];
  /** Sealed commits that are not durable, oldest first. */
  private readonly order: number[] = [];
  private open: LogCommit;
  /** Place of `nextSequence`. */
  private nextPlace: number;
  private readonly recordCapacity: number;
  private readonly ringBlocks: number;
  private readonly blocksPerUnit: number;
  private readonly recordsPerUnit: number;
  /** Blocks that the open commit could take now. */
  private sealableBlocks: number;
  /** Blocks that may be in use: the ring without the opening units. */
  private readonly roomBlocks: number;

  constructor(config: LogConfig) {
    this.config = config;
    this.nextSequence = config.firstSequence;
    this.durableThrough = config.firstSequence - 1;
    this.tail = this.durableTail = this.sealedTail = config.firstSequence;
    this.saidDurable = config.recoveredThrough;
    this.nextPlace = (config.firstSequence % config.ringBlocks) | 0;
    this.ringBlocks = config.ringBlocks | 0;
    this.blocksPerUnit = config.blocksPerUnit | 0;
    this.recordsPerUnit = (config.blocksPerUnit * config.recordsPerBlock) | 0;
    this.roomBlocks = (config.ringBlocks - OPENING_UNITS * config.blocksPerUnit) | 0;
    this.sealableBlocks = this.roomBlocks;
    this.live = new Int32Array(config.ringBlocks);
    this.recordCapacity = (config.unitsPerCommit * this.recordsPerUnit) | 0;
    for (let i = 0; i <= config.commitsInFlight; i++) this.commits.push(new LogCommit(i, this.recordCapacity));
    this.open = this.commits[0];
    this.open.start = this.nextSequence;
  }

  commit(index: number): LogCommit {
    return this.commits[index];
  }

  /** Blocks that cannot be written now: from the durable tail to the end of the open commit. */
  get usedBlocks(): number {
    return this.nextSequence + this.openBlocks - this.durableTail;
  }

  get freeBlocks(): number {
    return this.roomBlocks - this.usedBlocks;
  }

  get openRecords(): number {
    return this.open.recordCount;
  }

  get openSinceMs(): number {
    return this.open.openedMs;
  }

  get openHasWaiters(): boolean {
    return this.open.waiters.length > 0;
  }

  get inFlight(): number {
    return this.order.length;
  }

  /** The tail has moved and no sealed commit says so yet. */
  get tailUnsaid(): boolean {
    return this.tail > this.sealedTail;
  }

  /** Blocks that a commit saying the tail now would set free, less those it takes itself. */
  get tailGain(): number {
    return this.tail - this.sealedTail - this.config.blocksPerUnit;
  }

  private get openBlocks(): number {
    return this.blocksFor(this.open.recordCount);
  }

  /** Blocks of whole units that so many records need. */
  private blocksFor(records: number): number {
    const { recordsPerUnit, blocksPerUnit } = this;
    return (((records + recordsPerUnit - 1) / recordsPerUnit) | 0) * blocksPerUnit;
  }

  /** Whether so many records fit into one commit, but not into the open one: it has to go first. */
  isFullFor(records: number): boolean {
    return records <= this.recordCapacity && this.open.recordCount + records > this.recordCapacity;
  }

  /** Whether `records` more fit into the open commit and the ring, with `reserveBlocks` left over. */
  hasRoom(records: number, reserveBlocks: number): boolean {
    const after = this.open.recordCount + records;
    return after <= this.recordCapacity && this.blocksFor(after) + reserveBlocks <= this.sealableBlocks;
  }

  /** Appends a record; returns the sequence number of its block. The caller has asked `hasRoom`. */
  append(kind: RecordKind, transaction: number, region: number, count: number, nowMs: number): number {
    const c = this.open;
    if (c.recordCount === 0) c.openedMs = nowMs;
    const last = c.recordCount - 1;
    const extendsLast =
      last >= 0 &&
      (kind === RECORD_WRITE || kind === RECORD_RELEASE) &&
      c.kind[last] === kind &&
      c.transaction[last] === transaction &&
      c.region[last] + c.count[last] === region &&
      c.count[last] + count <= MAX_REGIONS_PER_RECORD;
    if (extendsLast) {
      c.count[last] += count;
    } else {
      const i = c.recordCount++;
      c.kind[i] = kind;
      c.transaction[i] = transaction;
      c.region[i] = region;
      c.count[i] = count;
    }
    const sequence = c.start + (((c.recordCount - 1) / this.config.recordsPerBlock) | 0);
    if (kind === RECORD_WRITE) this.live[this.placeOf(sequence | 0)] += count;
    return sequence;
  }

  /**
   * Takes back one region's write record: its region needs no evidence, or has evidence elsewhere, or the open commit
   * releases it. That need not be durable yet: the tail that passes the block stands in the same commit, or a later one.
   */
  free(sequence: number): void {
    this.freeLow(sequence | 0);
  }

  /** The same for the low 32 bits of its number. */
  freeLow(low: number): void {
    this.live[this.placeOf(low)]--;
  }

  /** The number of a block from its low 32 bits: less than 2^31 blocks lie between any that matter. */
  fullSequence(low: number): number {
    return this.nextSequence + ((low - this.nextSequence) | 0);
  }

  /** Where a block lies that is not a whole ring away from the open commit, from the low 32 bits of its number. */
  private placeOf(low: number): number {
    const { ringBlocks } = this;
    const place = this.nextPlace + ((low - (this.nextSequence | 0)) | 0);
    return place < 0 ? place + ringBlocks : place < ringBlocks ? place : place - ringBlocks;
  }

  isDurable(sequence: number): boolean {
    return sequence <= this.durableThrough;
  }

  /** The same for the low 32 bits of its number. */
  isDurableLow(low: number): boolean {
    return ((low - (this.durableThrough | 0)) | 0) <= 0;
  }

  /** Notes that a slot waits for the block; false if it is durable already. */
  waitFor(sequence: number, slot: number): boolean {
    if (this.isDurable(sequence)) return false;
    for (const index of this.order) {
      const c = this.commits[index];
      if (sequence < c.start + c.blocks) {
        c.waiters.push(slot);
        return true;
      }
    }
    this.open.waiters.push(slot);
    return true;
  }

  /** Whether the open commit could be sealed now: a place among those in flight, and room in the ring. */
  canSeal(): boolean {
    if (this.order.length >= this.config.commitsInFlight) return false;
    const blocks = Math.max(this.openBlocks, this.config.blocksPerUnit);
    return blocks <= this.sealableBlocks;
  }

  /** Closes the open commit for writing; returns it. The caller has asked `canSeal`. */
  seal(): LogCommit {
    const c = this.open;
    c.blocks = Math.max(this.openBlocks, this.config.blocksPerUnit);
    this.moveTail();
    c.tailBefore = this.sealedTail;
    c.tail = this.sealedTail = this.tail;
    c.durableThrough = this.saidDurable;
    this.nextSequence += c.blocks;
    this.nextPlace = (this.nextPlace + c.blocks) % this.ringBlocks;
    this.ringMoved();
    this.order.push(c.index);
    this.open = this.idleCommit();
    this.open.start = this.nextSequence;
    return c;
  }

  /** Both copies of the commit are durable. Returns the commits that are durable now, in order (R3). */
  written(index: number, becameDurable: (c: LogCommit) => void): void {
    this.commits[index].written = true;
    while (this.order.length > 0 && this.commits[this.order[0]].written) {
      const c = this.commits[this.order.shift()!];
      this.durableThrough = this.saidDurable = c.start + c.blocks - 1;
      this.durableTail = c.tail;
      this.ringMoved();
      this.moveTail();
      becameDurable(c);
      this.reset(c);
    }
  }

  /** Moves the tail past durable blocks whose records are all taken back (R7). */
  moveTail(): void {
    while (this.tail <= this.durableThrough && this.live[this.placeOf(this.tail | 0)] === 0) this.tail++;
  }

  private ringMoved(): void {
    this.sealableBlocks = (this.roomBlocks - (this.nextSequence - this.durableTail)) | 0;
  }

  private idleCommit(): LogCommit {
    return this.commits.find((c) => c !== this.open && !this.order.includes(c.index))!;
  }

  private reset(c: LogCommit): void {
    c.blocks = c.recordCount = 0;
    c.written = false;
    c.waiters.length = 0;
  }
}
