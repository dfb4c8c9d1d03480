/**
 * The application side: keeps the queue full with the workload's transactions, a few open at once, so that several
 * transactions write the same regions.
 */
import type { Core } from '../tracker/core/core.js';
import { BUSY, REFUSED } from '../tracker/core/core.js';
import type { Workload, WorkloadWrite } from '../workload/workload.js';
import type { CoreDriver } from './driver.js';
import type { ApplicationQueue } from './applicationQueue.js';
import type { LoadReport } from './replicationEngine.js';
import type { RunningCore } from './runningCore.js';

/** Transactions that the application interleaves. */
const OPEN_TRANSACTIONS = 4;

interface OpenTransaction {
  place: number;
  writes: WorkloadWrite[];
  next: number;
}

export interface LoadLimits {
  queueDepth: number;
  /** 0: none. */
  maxWritesPerSecond: number;
}

/** What a load needs of the driver. */
export type LoadDriver = Pick<CoreDriver, 'nowMs' | 'paused' | 'obtained'>;

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

  /** Obtains what the queue has room for. Returns false once updates are refused: P or the journal is gone. */
  fill(): boolean {
    if (this.driver.paused) return true;
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

  /** The application ends: what is open is closed, however far it came. */
  closeAll(): void {
    for (const t of this.open.splice(0)) this.core.close(t.place, this.driver.nowMs);
  }

  /** A transaction that takes a write. REFUSED: the core takes none any more. BUSY: there is no place for one now. */
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

export interface LoadRunParts {
  running: RunningCore;
  generator: LoadGenerator;
  /** Null: until it is stopped. */
  durationMs: number | null;
  stopRequested: () => boolean;
  /** Told once, when the first update is on its way. */
  began: () => void;
}

/** The loop of a load: until it is stopped, its time is up, or P or the journal is gone. */
export function runLoad({ running, generator, durationMs, stopRequested, began }: LoadRunParts): LoadReport {
  const { core, queue } = running;
  const started = performance.now();
  running.begin();
  let hasBegun = false;
  const count = loadCounter(core, queue);
  while (!stopRequested() && (durationMs === null || performance.now() - started < durationMs)) {
    const accepted = generator.fill();
    running.round();
    if (!hasBegun && generator.issued > 0) {
      hasBegun = true;
      began();
    }
    if (!accepted || core.primaryLost || core.journalLost) break;
  }
  generator.closeAll();
  return count(generator, performance.now() - started);
}

/** Counts from now on; call the result at the load's end. */
function loadCounter(
  core: Core,
  queue: ApplicationQueue,
): (generator: LoadGenerator, durationMs: number) => LoadReport {
  const { acknowledged, givenUp } = core.counters;
  const { ok, refused } = queue.answers;
  return (generator, durationMs) => ({
    updatesIssued: generator.issued,
    updatesAcknowledged: core.counters.acknowledged - acknowledged,
    updatesAnswered: queue.answers.ok - ok,
    updatesRefused: generator.refused + queue.answers.refused - refused,
    updatesGivenUp: core.counters.givenUp - givenUp,
    writtenBytes: generator.writtenBytes,
    durationMs,
  });
}
