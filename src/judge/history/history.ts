/**
 * The history of writes: what each block of P and S must hold after a cut, from the devices' answers alone.
 *
 * Promises: block b may hold exactly the updates `durable[b] … issued[b]`. The rule: a write must survive if and only
 * if it was FUA, or completed before the submission of a flush that completed without error in the same power epoch.
 * Not verified: whether the updates found in several blocks fit one order of writes; each block is checked alone.
 */
import type { StorageArea } from '../../base/areas.js';
import { BLOCK_BYTES, OBSERVATION_FIELD, SECTORS_PER_BLOCK } from '../../base/observation.js';
import { AreaHistory } from './areaHistory.js';
import type { BlockState } from './blockPages.js';
import { CopySnapshot } from './copySnapshot.js';
import { JudgeError } from '../errors.js';
import type { BaseContent, HistoryFeed } from './feed.js';
import { adoptedBlock, type AdoptedBlock, type Owed } from './adopt.js';

export interface HistoryOptions {
  usableBytes: number;
  runId: number;
  /** Default: `stamped`. */
  base?: BaseContent;
}

export class WriteHistory implements HistoryFeed {
  readonly usableBytes: number;
  readonly runId: number;
  readonly blockCount: number;
  private baseContent: BaseContent;
  private areas = emptyAreas();
  private newest = 0;
  /** Copies in flight: first block → the state of P when it was read. */
  private readonly copies = new Map<number, CopySnapshot>();
  /** Snapshots of copies that have ended, for the next copies. */
  private readonly spareSnapshots: CopySnapshot[] = [];

  constructor(options: HistoryOptions) {
    this.usableBytes = options.usableBytes;
    this.runId = options.runId;
    this.baseContent = options.base ?? 'stamped';
    this.blockCount = Math.ceil(options.usableBytes / BLOCK_BYTES);
  }

  /** Starts again from the beginning: update 0 is durable on both areas (or unknown content, see BaseContent). */
  base(content: BaseContent = this.baseContent): void {
    this.baseContent = content;
    this.areas = emptyAreas();
    this.copies.clear();
  }

  get content(): BaseContent {
    return this.baseContent;
  }

  /** No I/O is in flight: a checkpoint may be taken. */
  get atRest(): boolean {
    return this.areas.primary.atRest && this.areas.secondary.atRest && this.copies.size === 0;
  }

  /** The devices were closed: I/O in flight, copies included, is never reported as completed. */
  forgetInFlight(): void {
    this.areas.primary.forgetInFlight();
    this.areas.secondary.forgetInFlight();
    this.copies.clear();
  }

  /** The ledger of an area, for replay.ts to restore a checkpoint into. */
  restore(area: StorageArea): AreaHistory {
    return this.areas[area];
  }

  restoreNewest(updateId: number): void {
    this.newest = updateId;
  }

  /** The ledger of an area, read-only. */
  area(area: StorageArea): Readonly<Pick<AreaHistory, 'read' | 'firstBlocks' | 'pageCount' | 'token' | 'pendingRuns'>> {
    return this.areas[area];
  }

  /** The newest update issued to either area. The age of a lost write counts back from it. */
  get newestId(): number {
    return this.newest;
  }

  issued(area: StorageArea, updateId: number, offsetBytes: number, lengthBytes: number): void {
    if (updateId > this.newest) this.newest = updateId;
    this.areas[area].issue(updateId, this.first(offsetBytes), this.count(offsetBytes, lengthBytes));
  }

  completed(area: StorageArea, updateId: number, offsetBytes: number, lengthBytes: number, ok: boolean): void {
    this.areas[area].complete(updateId, this.first(offsetBytes), this.count(offsetBytes, lengthBytes), ok);
  }

  durableCompleted(area: StorageArea, updateId: number, offsetBytes: number, lengthBytes: number): void {
    this.areas[area].completeDurable(updateId, this.first(offsetBytes), this.count(offsetBytes, lengthBytes));
  }

  flushSubmitted(area: StorageArea): number {
    return this.areas[area].submitFlush();
  }

  flushCompleted(area: StorageArea, token: number, ok: boolean): void {
    this.areas[area].completeFlush(token, ok);
  }

  powerLost(area: StorageArea): void {
    this.areas[area].endEpoch();
    if (area === 'secondary') this.copies.clear();
  }

  answered(updateId: number, offsetBytes: number, lengthBytes: number): void {
    this.areas.primary.acknowledge(updateId, this.first(offsetBytes), this.count(offsetBytes, lengthBytes));
  }

  /** Until the copy is durable S may hold what it had, or anything P may hold. */
  copyIssued(offsetBytes: number, lengthBytes: number): void {
    const { primary, secondary } = this.areas;
    const first = this.first(offsetBytes);
    const count = this.count(offsetBytes, lengthBytes);
    const copy = this.copies.get(first) ?? this.spareSnapshots.pop() ?? new CopySnapshot();
    this.copies.set(first, copy);
    primary.snapshot(first, count, copy);
    secondary.overwrite(first, count, copy);
  }

  /** Ignores a copy that was in flight when S lost power: it may be on the medium or not, as after `copyIssued`. */
  copyDurable(offsetBytes: number, lengthBytes: number): void {
    const first = this.first(offsetBytes);
    const count = this.count(offsetBytes, lengthBytes);
    const copy = this.copies.get(first);
    if (copy === undefined) return;
    if (copy.blockCount !== count) {
      const issued = copy.blockCount;
      throw new JudgeError('HISTORY_MISFED', `copy at ${offsetBytes}: issued ${issued} blocks, durable ${count}`);
    }
    this.areas.secondary.copied(first, count, copy);
    this.copies.delete(first);
    this.spareSnapshots.push(copy);
  }

  /**
   * Adopts what the judge observed, from `firstBlock` on, as what the blocks must hold. Only after the chunk was
   * classified, and with no I/O in flight. `changed` is called for each block whose ledger changes.
   */
  adopt(
    area: StorageArea,
    firstBlock: number,
    observations: Float64Array,
    changed?: (block: number, adopted: AdoptedBlock) => void,
  ): void {
    const ledger = this.areas[area];
    const held: BlockState = { durable: 0, issued: 0, damaged: 0, marks: 0, acknowledged: 0 };
    const owed: Owed = { durable: 0, issued: 0, runId: this.runId, base: this.baseContent };
    const sectors = observations.length / OBSERVATION_FIELD.strideDoubles;
    for (let s = 0; s < sectors; s += SECTORS_PER_BLOCK) {
      const block = firstBlock + s / SECTORS_PER_BLOCK;
      ledger.read(block, held);
      owed.durable = held.durable;
      owed.issued = held.issued;
      const at = s * OBSERVATION_FIELD.strideDoubles;
      const adopted = adoptedBlock(observations, at, sectors - s, block * SECTORS_PER_BLOCK, owed);
      const same =
        adopted.durable === held.durable && adopted.issued === held.issued && adopted.damaged === held.damaged;
      if (same && held.marks === 0) continue;
      this.adoptBlock(area, block, adopted);
      changed?.(block, adopted);
    }
  }

  /** The result of `adopt` for one block; replay.ts calls it directly. */
  adoptBlock(area: StorageArea, block: number, { durable, issued, damaged }: AdoptedBlock): void {
    if (!(block >= 0 && block < this.blockCount)) {
      throw new JudgeError('HISTORY_RANGE', `block ${block} is outside 0 … ${this.blockCount - 1}`, { block });
    }
    this.areas[area].adopt(block, durable, issued, damaged);
  }

  private first(offsetBytes: number): number {
    return offsetBytes / BLOCK_BYTES;
  }

  /** Checks the range and returns its blocks. Only the last block of the area may be shorter than 4096 bytes. */
  private count(offsetBytes: number, lengthBytes: number): number {
    const end = offsetBytes + lengthBytes;
    const endsABlock = end % BLOCK_BYTES === 0 || end === this.usableBytes;
    const startsABlock = offsetBytes >= 0 && offsetBytes % BLOCK_BYTES === 0;
    if (!startsABlock || lengthBytes <= 0 || !endsABlock || end > this.usableBytes) {
      throw new JudgeError(
        'HISTORY_RANGE',
        `${lengthBytes} bytes at ${offsetBytes} are not complete 4096-byte blocks within ${this.usableBytes} bytes`,
        { offsetBytes, lengthBytes },
      );
    }
    return Math.ceil(end / BLOCK_BYTES) - offsetBytes / BLOCK_BYTES;
  }
}

function emptyAreas(): Record<StorageArea, AreaHistory> {
  return { primary: new AreaHistory('primary'), secondary: new AreaHistory('secondary') };
}
