/**
 * The history of what was written: what each block of P and S must hold after a cut, from the devices' answers alone.
 *
 * Promises: `durable[b] <= found <= issued[b]` is exactly what the devices' own promises allow for block b, per the
 * rule "a write must survive iff it completed before the submission of a flush that completed without error in the
 * same power epoch, or was FUA". Not verified: that *which* of the allowed versions is found fits one order over
 * several blocks; ranges are per block.
 */
import type { StorageArea } from '../../base/areas.js';
import { BLOCK_BYTES, OBSERVATION_FIELD, SECTORS_PER_BLOCK } from '../../base/observation.js';
import { AreaHistory } from './areaHistory.js';
import { JudgeError } from '../errors.js';
import type { BaseContent, HistoryFeed } from './feed.js';
import { settleBlock, type SettledBlock } from './adopt.js';

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
  private areas: Record<StorageArea, AreaHistory>;
  private acknowledgedIds: Float64Array;
  private newest = 0;
  /** Copies in flight: first block → what P owed when it was read. */
  private copies = new Map<number, { durable: Float64Array; damaged: Uint8Array }>();

  constructor(options: HistoryOptions) {
    this.usableBytes = options.usableBytes;
    this.runId = options.runId;
    this.baseContent = options.base ?? 'stamped';
    this.blockCount = Math.ceil(options.usableBytes / BLOCK_BYTES);
    this.areas = this.emptyAreas();
    this.acknowledgedIds = new Float64Array(this.blockCount);
  }

  /** Everything starts anew: update 0 durable on both areas (or unknown content, see BaseContent). */
  base(content: BaseContent = this.baseContent): void {
    this.baseContent = content;
    this.areas = this.emptyAreas();
    this.acknowledgedIds = new Float64Array(this.blockCount);
    this.copies = new Map();
  }

  get content(): BaseContent {
    return this.baseContent;
  }

  /** Nothing that was issued has still to be reported: a checkpoint may be taken. */
  get atRest(): boolean {
    return this.areas.primary.atRest && this.areas.secondary.atRest && this.copies.size === 0;
  }

  /** The devices were closed: what was in flight, copies included, is never reported. */
  forgetInFlight(): void {
    this.areas.primary.forgetInFlight();
    this.areas.secondary.forgetInFlight();
    this.copies.clear();
  }

  /** What a checkpoint says of an area; the caller is a replay of it. */
  restore(area: StorageArea): AreaHistory {
    return this.areas[area];
  }

  restoreNewest(updateId: number): void {
    this.newest = updateId;
  }

  /** The ledger of an area, to be read only. */
  area(
    area: StorageArea,
  ): Readonly<Pick<AreaHistory, 'durable' | 'issued' | 'damaged' | 'marks' | 'token' | 'pendingRuns'>> {
    return this.areas[area];
  }

  /** Newest update per block that the application was told is done. */
  get acknowledged(): Float64Array {
    return this.acknowledgedIds;
  }

  /** The newest update ever issued, to either area: ages are counted back from it. */
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
    const first = this.first(offsetBytes);
    const end = first + this.count(offsetBytes, lengthBytes);
    for (let b = first; b < end; b++) {
      if (this.acknowledgedIds[b]! < updateId) this.acknowledgedIds[b] = updateId;
    }
  }

  /** Until the copy is durable S may hold what it had, or anything P may hold. */
  copyIssued(offsetBytes: number, lengthBytes: number): void {
    const { primary, secondary } = this.areas;
    const first = this.first(offsetBytes);
    const end = first + this.count(offsetBytes, lengthBytes);
    this.copies.set(first, { durable: primary.durable.slice(first, end), damaged: primary.damaged.slice(first, end) });
    for (let b = first; b < end; b++) {
      secondary.overwrite(b, primary.durable[b]!, primary.issued[b]!, primary.damaged[b]!);
    }
  }

  /** A copy that S's power loss has ended is ignored: it may have landed or not, as `copyIssued` left it. */
  copyDurable(offsetBytes: number, lengthBytes: number): void {
    const first = this.first(offsetBytes);
    const count = this.count(offsetBytes, lengthBytes);
    const copy = this.copies.get(first);
    if (copy === undefined) return;
    if (copy.durable.length !== count) {
      const issuedBlocks = copy.durable.length;
      throw new JudgeError('HISTORY_MISFED', `copy at ${offsetBytes}: issued ${issuedBlocks} blocks, durable ${count}`);
    }
    this.areas.secondary.durable.set(copy.durable, first);
    this.areas.secondary.damaged.set(copy.damaged, first);
    this.copies.delete(first);
  }

  /**
   * Takes what was observed, in whole blocks from `firstBlock`, as the new truth. Only after judgement, and with
   * nothing in flight. `changed` is called for each block whose ledger changes.
   */
  settle(
    area: StorageArea,
    firstBlock: number,
    observations: Float64Array,
    changed?: (block: number, settled: SettledBlock) => void,
  ): void {
    const ledger = this.areas[area];
    const sectors = observations.length / OBSERVATION_FIELD.strideDoubles;
    for (let s = 0; s < sectors; s += SECTORS_PER_BLOCK) {
      const block = firstBlock + s / SECTORS_PER_BLOCK;
      const owed = {
        durable: ledger.durable[block]!,
        issued: ledger.issued[block]!,
        runId: this.runId,
        base: this.baseContent,
      };
      const at = s * OBSERVATION_FIELD.strideDoubles;
      const settled = settleBlock(observations, at, sectors - s, block * SECTORS_PER_BLOCK, owed);
      const same =
        settled.durable === owed.durable && settled.issued === owed.issued && settled.damaged === ledger.damaged[block];
      if (same && ledger.marks[block] === 0) continue;
      this.settled(area, block, settled);
      changed?.(block, settled);
    }
  }

  /** The outcome of `settle` for one block; a replay calls it directly. */
  settled(area: StorageArea, block: number, settled: SettledBlock): void {
    if (!(block >= 0 && block < this.blockCount)) {
      throw new JudgeError('HISTORY_RANGE', `block ${block} is outside 0 … ${this.blockCount - 1}`, { block });
    }
    const ledger = this.areas[area];
    ledger.durable[block] = settled.durable;
    ledger.issued[block] = settled.issued;
    ledger.damaged[block] = settled.damaged;
    ledger.marks[block] = 0;
    if (area === 'primary') this.acknowledgedIds[block] = Math.min(this.acknowledgedIds[block]!, settled.durable);
  }

  private emptyAreas(): Record<StorageArea, AreaHistory> {
    return { primary: new AreaHistory(this.blockCount), secondary: new AreaHistory(this.blockCount) };
  }

  private first(offsetBytes: number): number {
    return offsetBytes / BLOCK_BYTES;
  }

  /** Blocks of the range, after checking it. Only the end of the area may be short of a whole block. */
  private count(offsetBytes: number, lengthBytes: number): number {
    const end = offsetBytes + lengthBytes;
    const wholeEnd = end % BLOCK_BYTES === 0 || end === this.usableBytes;
    if (offsetBytes < 0 || offsetBytes % BLOCK_BYTES !== 0 || lengthBytes <= 0 || !wholeEnd || end > this.usableBytes) {
      throw new JudgeError(
        'HISTORY_RANGE',
        `${lengthBytes} bytes at ${offsetBytes} are not whole 4096-byte blocks within ${this.usableBytes} bytes`,
        { offsetBytes, lengthBytes },
      );
    }
    return Math.ceil(end / BLOCK_BYTES) - offsetBytes / BLOCK_BYTES;
  }
}
