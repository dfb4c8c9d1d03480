/**
 * The log ring in memory: which block holds which record, which blocks are durable, how far the tail may move (R3, R6,
 * R7; claims 3 to 6). src/tracker/journal/ encodes the commits.
 *
 *        tail              durableThrough          nextSequence
 *    ──────┼─ durable blocks ─────┼─ in flight, in order ─┼─ open commit ──▶
 *
 * Block numbers only grow; block s is at place s mod ringBlocks. A commit is written at once. Its blocks count as
 * durable only when all earlier ones are. Only the last block of a commit carries the new tail: the commit may replace
 * evidence that the new tail drops, and a torn commit keeps only a prefix of its blocks.
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
  /** Blocks with padding; 0 while the commit is open. */
  blocks = 0;
  recordCount = 0;
  readonly kind: Uint8Array;
  readonly transaction: Float64Array;
  readonly region: Uint32Array;
  readonly count: Uint32Array;
  /** Tail before this commit, for all its blocks but the last; and the tail for the last. */
  tailBefore = 0;
  tail = 0;
  /** This block and all before it were durable when the commit was sealed. */
  durableThrough = 0;
  openedMs = 0;
  written = false;
  /** Slots that wait for this commit to be durable. */
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
  /** First block of the open commit. */
  nextSequence: number;
  /** All blocks up to here are durable. */
  durableThrough: number;
  /** The oldest block that holds evidence. */
  tail: number;
  /** The tail that a durable block carries: only blocks before it may be overwritten. */
  durableTail: number;
  private sealedTail: number;
  /** `durableThrough` of the next sealed commit; lower than the log's own until recovery's first commit is durable. */
  private saidDurable: number;
  /** Per place: regions in the block's write records that are not released. */
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
  /** Blocks that may be in use: the ring less the opening units. */
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

  /** Blocks in use: from the durable tail to the end of the open commit. */
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

  /** Updates that wait for the open commit. */
  get openWaiters(): number {
    return this.open.waiters.length;
  }

  get inFlight(): number {
    return this.order.length;
  }

  /** The tail has moved and no sealed commit carries it yet. */
  get tailUnsaid(): boolean {
    return this.tail > this.sealedTail;
  }

  /** Blocks that a commit with the present tail would free, less those that it takes. */
  get tailGain(): number {
    return this.tail - this.sealedTail - this.config.blocksPerUnit;
  }

  private get openBlocks(): number {
    return this.blocksFor(this.open.recordCount);
  }

  /** Blocks, in full units, that hold `records` records. */
  private blocksFor(records: number): number {
    const { recordsPerUnit, blocksPerUnit } = this;
    return (((records + recordsPerUnit - 1) / recordsPerUnit) | 0) * blocksPerUnit;
  }

  /** Whether `records` more fit into a commit, but not into the open one: that one has to be written first. */
  isFullFor(records: number): boolean {
    return records <= this.recordCapacity && this.open.recordCount + records > this.recordCapacity;
  }

  /** Whether `records` more fit into the open commit and the ring, with `reserveBlocks` left over. */
  hasRoom(records: number, reserveBlocks: number): boolean {
    const after = this.open.recordCount + records;
    return after <= this.recordCapacity && this.blocksFor(after) + reserveBlocks <= this.sealableBlocks;
  }

  /** Appends a record; returns the sequence number of its block. The caller has checked `hasRoom`. */
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
   * One region's write record in the block is released: the region needs no evidence, or has other evidence, or the
   * open commit releases it. The release need not be durable yet: the tail that passes the block is in the same commit,
   * or in a later one.
   */
  free(sequence: number): void {
    this.freeLow(sequence | 0);
  }

  /** `free`, for the low 32 bits of the block's number. */
  freeLow(low: number): void {
    this.live[this.placeOf(low)]--;
  }

  /** The number of a block from its low 32 bits: blocks in use are less than 2^31 apart. */
  fullSequence(low: number): number {
    return this.nextSequence + ((low - this.nextSequence) | 0);
  }

  /** Place of a block that is less than one lap from the open commit, from the low 32 bits of its number. */
  private placeOf(low: number): number {
    const { ringBlocks } = this;
    const place = this.nextPlace + ((low - (this.nextSequence | 0)) | 0);
    return place < 0 ? place + ringBlocks : place < ringBlocks ? place : place - ringBlocks;
  }

  isDurable(sequence: number): boolean {
    return sequence <= this.durableThrough;
  }

  /** `isDurable`, for the low 32 bits of the block's number. */
  isDurableLow(low: number): boolean {
    return ((low - (this.durableThrough | 0)) | 0) <= 0;
  }

  /** Adds the slot to the waiters of the block's commit; false if the block is durable already. */
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

  /** Whether the open commit can be sealed now: fewer than `commitsInFlight` are in flight, and the ring has room. */
  canSeal(): boolean {
    if (this.order.length >= this.config.commitsInFlight) return false;
    const blocks = Math.max(this.openBlocks, this.config.blocksPerUnit);
    return blocks <= this.sealableBlocks;
  }

  /** Seals the open commit and returns it for writing. The caller has checked `canSeal`. */
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

  /** Both copies of the commit are durable. Reports the commits that are durable now, in order (R3). */
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

  /** Moves the tail past durable blocks whose write records are all released (R7). */
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
