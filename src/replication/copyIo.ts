/**
 * Resync copies as I/O. Copies of neighboring regions are joined to one *job*; a job is read from P and written to S in
 * parts of at most `copyBytes`, several at a time, as far as there are buffers. A copy is durable on S when its FUA
 * writes complete, or with the flush that covers it (R4); this file reports both to the history of the judge.
 *
 *   core: submitCopy ──► fresh ──join──► waiting jobs ──a buffer is free──► read P ──► write S ──► core: completed
 */
import { IO_OP } from '../blockdev/blockDevice.js';
import type { HistoryFeed } from '../judge/history/feed.js';
import type { Core } from '../tracker/core/core.js';
import { PRIMARY, SECONDARY } from '../tracker/core/devices.js';
import { IndexPool } from '../tracker/core/recordPool.js';
import { OP, type SlotTable } from './driverIo.js';
import { CopyJob, joined } from './copyJob.js';
import type { Meter } from './meter.js';
import type { DriverSizes } from './sizes.js';
import type { Submissions } from './submissions.js';

interface Range {
  offset: number;
  length: number;
}

export interface CopyParts {
  plan: DriverSizes;
  history: HistoryFeed | null;
  meter: Meter;
  slots: SlotTable;
  submissions: Submissions;
  /** A function, since the driver makes the core after this object. */
  core: () => Core;
}

/** Parts in flight while resync gives way to the application: one is read while the other is written. */
const YIELDING_PARTS = 2;

export class CopyIo {
  private readonly p: CopyParts;
  /** Copies that the core has submitted since the last `submit`. */
  private readonly fresh: number[] = [];
  /** Jobs with parts that have no buffer yet, in order. */
  private readonly waiting: CopyJob[] = [];
  private readonly buffers: IndexPool;
  /** By buffer: the job that uses it, and the offset in the job and the length of its part. */
  private readonly jobOf: (CopyJob | null)[];
  private readonly partOffset: Float64Array;
  private readonly partLength: Float64Array;
  /** `unflushed`: completed on S, no flush submitted since. `covered`: the flush in flight covers it. */
  private unflushed: Range[] = [];
  private covered: Range[] = [];

  constructor(parts: CopyParts) {
    this.p = parts;
    const { copyBuffers } = parts.plan;
    this.buffers = new IndexPool(copyBuffers);
    this.jobOf = new Array<CopyJob | null>(copyBuffers).fill(null);
    this.partOffset = new Float64Array(copyBuffers);
    this.partLength = new Float64Array(copyBuffers);
  }

  begin(slot: number): void {
    const { slots, history } = this.p;
    history?.copyIssued(slots.offset(slot), slots.length(slot));
    this.fresh.push(slot);
  }

  /** Pushes to the ring what the core has submitted. Called before each submission of the ring. */
  submit(): void {
    if (this.fresh.length > 0) {
      for (const job of joined(this.fresh.splice(0), this.p.slots, this.p.plan.copyBytes)) this.waiting.push(job);
    }
    if (this.waiting.length > 0) this.start();
  }

  /** The read of the part in this buffer is over. */
  read(buffer: number, ok: boolean, nowMs: number): void {
    const job = this.jobOf[buffer]!;
    job.reading--;
    job.primaryFailed ||= !ok;
    if (!job.failed) {
      job.writing++;
      // From now on the core counts the ack timeout of S, so it gets the report before the write is submitted.
      this.report(job, nowMs);
      this.push(job, buffer, OP.copyWrite);
    } else {
      this.release(buffer);
      this.report(job, nowMs);
    }
  }

  /** The write of the part in this buffer is over. */
  written(buffer: number, ok: boolean, nowMs: number): void {
    const job = this.jobOf[buffer]!;
    job.writing--;
    if (ok) this.p.meter.resynced(this.partLength[buffer]);
    job.secondaryFailed ||= !ok;
    this.release(buffer);
    this.report(job, nowMs);
  }

  flushSubmitted(): void {
    this.covered = this.unflushed.splice(0);
  }

  flushEnded(ok: boolean): void {
    if (ok) for (const c of this.covered) this.p.history?.copyDurable(c.offset, c.length);
    this.covered = [];
  }

  /** S has lost power: copies that no flush has covered are not durable. */
  powerLost(): void {
    this.unflushed = [];
    this.covered = [];
  }

  /** Starts parts in the order of the jobs, while buffers are free. */
  private start(): void {
    const { buffers } = this;
    const most = this.p.core().resync.pace.yields ? YIELDING_PARTS : buffers.capacity;
    while (this.waiting.length > 0 && buffers.freeCount > 0 && buffers.usedCount < most) {
      const job = this.waiting[0];
      const buffer = buffers.take();
      this.jobOf[buffer] = job;
      this.partOffset[buffer] = job.started;
      this.partLength[buffer] = Math.min(this.p.plan.copyBytes, job.length - job.started);
      job.started += this.partLength[buffer];
      job.reading++;
      if (job.isStarted) this.waiting.shift();
      this.push(job, buffer, OP.copyRead);
    }
  }

  /** Reports to the core which area has to answer now, or what P and S have ended. */
  private report(job: CopyJob, nowMs: number): void {
    const core = this.p.core();
    if (job.failed && !job.isStarted) this.giveUp(job);
    const readsOver = job.isStarted && job.reading === 0;
    const writesOver = job.writing === 0 && (readsOver || job.secondaryFailed);
    const [primaryEnds, secondaryEnds] = [readsOver && !job.primaryReported, writesOver && !job.secondaryReported];
    job.primaryReported ||= readsOver;
    job.secondaryReported ||= writesOver;
    for (const slot of job.slots) {
      const id = this.p.slots.updateId(slot);
      if (primaryEnds) core.completed(PRIMARY, slot, id, !job.primaryFailed, nowMs);
      if (secondaryEnds) this.end(slot, job, nowMs);
      if (!readsOver || !writesOver) core.copyAwaits(job.writing > 0 ? SECONDARY : PRIMARY, slot, id, nowMs);
    }
    if (job.length > this.p.plan.copyBytes) this.renewWaiting(job, nowMs);
  }

  /** A job that waits for the buffers of a long one has no I/O: no area is late with it. */
  private renewWaiting(long: CopyJob, nowMs: number): void {
    const core = this.p.core();
    for (const job of this.waiting) {
      if (job === long) continue;
      for (const slot of job.slots) core.copyAwaits(PRIMARY, slot, this.p.slots.updateId(slot), nowMs);
    }
  }

  /** A part has failed: the others are not started. */
  private giveUp(job: CopyJob): void {
    job.started = job.length;
    const at = this.waiting.indexOf(job);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  private end(slot: number, job: CopyJob, nowMs: number): void {
    const { slots, history, plan } = this.p;
    const range = { offset: slots.offset(slot), length: slots.length(slot) };
    if (!job.failed && plan.core.durableOnCompletion.secondary) history?.copyDurable(range.offset, range.length);
    else if (!job.failed) this.unflushed.push(range);
    this.p.core().completed(SECONDARY, slot, slots.updateId(slot), !job.secondaryFailed, nowMs);
  }

  private release(buffer: number): void {
    this.jobOf[buffer] = null;
    this.buffers.give(buffer);
  }

  private push(job: CopyJob, buffer: number, kind: typeof OP.copyRead | typeof OP.copyWrite): void {
    const { plan, submissions } = this.p;
    const offset = job.offset + this.partOffset[buffer];
    const length = this.partLength[buffer];
    const at = plan.copyOffset + buffer * plan.copyBytes;
    const write = plan.core.durableOnCompletion.secondary ? IO_OP.writeDurable : IO_OP.write;
    if (kind === OP.copyRead) submissions.push(kind, job.slots[0], buffer, IO_OP.read, PRIMARY, offset, length, at);
    else submissions.push(kind, job.slots[0], buffer, write, SECONDARY, offset, length, at);
  }
}
