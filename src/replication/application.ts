/**
 * The application of a load: keeps its queue full with the transactions of the workload. A few transactions are open at
 * once, so that several of them write the same regions.
 */
import { BUSY, REFUSED, type Core } from '../tracker/core/core.js';
import type { Answer } from '../tracker/core/effects.js';
import type { Workload, WorkloadWrite } from '../workload/workload.js';

/** Counts the updates that are obtained and not yet answered, and the answers. */
export class ApplicationQueue {
  readonly answers: Record<Answer, number> = { ok: 0, refused: 0, failed: 0 };
  private out = 0;

  /** Updates obtained and not yet answered. */
  get outstanding(): number {
    return this.out;
  }

  obtained(): void {
    this.out++;
  }

  answered(answer: Answer): void {
    this.answers[answer]++;
    this.out--;
  }
}

/** Transactions that the application interleaves. */
const OPEN_TRANSACTIONS = 4;

interface OpenTransaction {
  place: number;
  writes: WorkloadWrite[];
  next: number;
}

export interface LoadLimits {
  queueDepth: number;
  /** 0: no limit. */
  maxWritesPerSecond: number;
}

/** What a load needs of the driver. */
export interface LoadDriver {
  readonly nowMs: number;
  /** Halted at a cut point: the core takes no update. */
  readonly halted: boolean;
  obtained(slot: number, nowMs: number): void;
}

export class LoadGenerator {
  issued = 0;
  refused = 0;
  writtenBytes = 0;
  private readonly core: Core;
  private readonly driver: LoadDriver;
  private readonly queue: ApplicationQueue;
  private readonly workload: Workload;
  private readonly limits: LoadLimits;
  private readonly open: OpenTransaction[] = [];
  private turn = 0;
  private readonly startedMs: number;

  constructor(parts: {
    core: Core;
    driver: LoadDriver;
    queue: ApplicationQueue;
    workload: Workload;
    limits: LoadLimits;
  }) {
    this.core = parts.core;
    this.driver = parts.driver;
    this.queue = parts.queue;
    this.workload = parts.workload;
    this.limits = parts.limits;
    this.startedMs = parts.driver.nowMs;
  }

  /**
   * Obtains as many updates as the queue has room for. False: the core refuses updates, since P or the journal is lost.
   */
  fill(): boolean {
    if (this.driver.halted) return true;
    const { nowMs } = this.driver;
    const { maxWritesPerSecond, queueDepth } = this.limits;
    const allowed =
      maxWritesPerSecond === 0 ? Number.POSITIVE_INFINITY : ((nowMs - this.startedMs) / 1000) * maxWritesPerSecond;
    while (this.queue.outstanding < queueDepth && this.issued < allowed) {
      const t = this.transaction();
      if (t === BUSY) return true;
      if (t === REFUSED) return this.refuse();
      const write = t.writes[t.next];
      const slot = this.core.obtain(t.place, write.offsetBytes, write.lengthBytes, nowMs);
      if (slot === BUSY) return true;
      if (slot === REFUSED) return this.refuse();
      this.driver.obtained(slot, nowMs);
      this.queue.obtained();
      this.issued++;
      this.writtenBytes += write.lengthBytes;
      t.next++;
      if (t.next === t.writes.length) this.finish(t, nowMs);
      this.turn++;
    }
    return true;
  }

  /** The application ends: closes every open transaction, also one with writes left. */
  closeAll(): void {
    for (const t of this.open.splice(0)) this.core.close(t.place, this.driver.nowMs);
  }

  /** The transaction of the next write. REFUSED: the core takes no more. BUSY: the core has no free place now. */
  private transaction(): OpenTransaction | typeof BUSY | typeof REFUSED {
    if (this.open.length < OPEN_TRANSACTIONS) {
      const place = this.core.begin();
      if (place === REFUSED) return REFUSED;
      if (place !== BUSY) this.open.push({ place, writes: this.workload.nextTransaction().writes, next: 0 });
    }
    return this.open.length === 0 ? BUSY : this.open[this.turn % this.open.length];
  }

  private refuse(): false {
    this.refused++;
    return false;
  }

  private finish(t: OpenTransaction, nowMs: number): void {
    this.open.splice(this.open.indexOf(t), 1);
    this.core.close(t.place, nowMs);
  }
}
