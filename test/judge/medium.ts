/**
 * A small area in memory with real stamps, and the history of its writes: tests write, damage and judge it. It reads
 * stamps with the reference implementation in src/workload/stamp.ts.
 */
import type { StorageArea } from '../../src/base/areas.js';
import { AreaTally, type AreaOutcome } from '../../src/judge/classify/tally.js';
import { classifyChunk } from '../../src/judge/classify/classify.js';
import { WriteHistory } from '../../src/judge/history/history.js';
import type { BaseContent } from '../../src/judge/history/feed.js';
import { OBSERVATION_FIELD, OBSERVED_UNREADABLE, SECTOR_BYTES } from '../../src/base/observation.js';
import { parseSector } from '../../src/workload/stamp.js';
import { stampWrite } from '../workload/stampWrite.js';

export const RUN = 4711;
export const BLOCK = 4096;
const F = OBSERVATION_FIELD;

export type Fate = 'inFlight' | 'completed' | 'durable' | 'fua';

export class Medium {
  readonly bytes: Buffer;
  readonly history: WriteHistory;
  readonly area: StorageArea;
  readonly unreadable = new Set<number>();
  /** What a second read of an LBA returns, if it differs from the first. */
  readonly onReread = new Map<number, Buffer>();
  private nextId = 1;

  constructor(blocks: number, options: { area?: StorageArea; base?: BaseContent } = {}) {
    this.bytes = Buffer.alloc(blocks * BLOCK);
    this.area = options.area ?? 'primary';
    this.history = new WriteHistory({ usableBytes: blocks * BLOCK, runId: RUN, base: options.base });
    if (options.base !== 'unknown')
      stampWrite(this.bytes, 0, this.bytes.length, { runId: RUN, updateId: 0, transactionId: 0, firstLba: 0 });
  }

  /** One update; `fate` is the device's answer. A sector of the write reaches the medium if `lands` (default: all). */
  write(block: number, blocks: number, fate: Fate, lands: (sector: number) => boolean = () => true): number {
    const id = this.nextId++;
    const [offset, length] = [block * BLOCK, blocks * BLOCK];
    const data = Buffer.alloc(length);
    stampWrite(data, 0, length, { runId: RUN, updateId: id, transactionId: id, firstLba: offset / SECTOR_BYTES });
    for (let s = 0; s < length / SECTOR_BYTES; s++) {
      if (lands(s)) data.copy(this.bytes, offset + s * SECTOR_BYTES, s * SECTOR_BYTES, (s + 1) * SECTOR_BYTES);
    }
    this.history.issued(this.area, id, offset, length);
    if (fate === 'fua') this.history.durableCompleted(this.area, id, offset, length);
    if (fate === 'completed' || fate === 'durable') this.history.completed(this.area, id, offset, length, true);
    if (fate === 'durable') this.history.flushCompleted(this.area, this.history.flushSubmitted(this.area), true);
    return id;
  }

  sector(lba: number): Buffer {
    return this.bytes.subarray(lba * SECTOR_BYTES, (lba + 1) * SECTOR_BYTES);
  }

  noise(lba: number): void {
    const sector = this.sector(lba);
    for (let i = 0; i < SECTOR_BYTES; i++) sector[i] = (i * 197 + lba * 31 + ((i * i) >> 3)) & 0xff;
  }

  scan(): Float64Array {
    const sectors = this.bytes.length / SECTOR_BYTES;
    const out = new Float64Array(sectors * F.strideDoubles);
    for (let lba = 0; lba < sectors; lba++) this.observe(this.sector(lba), lba, out, lba * F.strideDoubles);
    return out;
  }

  /** Reads, classifies and reads suspects again, as the bench does. The history does not adopt the result. */
  judge(withBytes = true, observations = this.scan()): AreaOutcome & { suspects: number[] } {
    const tally = new AreaTally(this.area);
    const sectorBytes = withBytes ? (lba: number): Buffer => this.onReread.get(lba) ?? this.sector(lba) : undefined;
    const { suspects } = classifyChunk(this.area, 0, observations, this.history, { tally, sectorBytes });
    if (suspects.length > 0) {
      const rereads = new Map<number, Float64Array>();
      for (const lba of suspects) {
        const second = new Float64Array(F.strideDoubles);
        this.observe(this.onReread.get(lba) ?? this.sector(lba), lba, second, 0);
        rereads.set(lba, second);
      }
      classifyChunk(this.area, 0, observations, this.history, { tally, sectorBytes, rereads });
    }
    return { ...tally.finish(), suspects };
  }

  judgeAndAdopt(): AreaOutcome {
    const observations = this.scan();
    const outcome = this.judge(true, observations);
    this.history.adopt(this.area, 0, observations);
    return outcome;
  }

  private observe(bytes: Buffer, lba: number, out: Float64Array, at: number): void {
    const { kind, stamp } = parseSector(bytes);
    out[at + F.kind] = this.unreadable.has(lba) ? OBSERVED_UNREADABLE : kind;
    out[at + F.runId] = stamp.runId;
    out[at + F.updateId] = stamp.updateId;
    out[at + F.lba] = stamp.lba;
    out[at + F.transactionId] = stamp.transactionId;
    out[at + F.sectorIndex] = stamp.sectorIndex;
  }
}
