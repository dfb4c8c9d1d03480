/**
 * Resync copies as I/O: each is read from P and written to S in parts of `copyBytes`. It is durable on S at once (FUA) or
 * with the flush that covers it (R4), and the judge's history learns of that here.
 */
import { IO_OP } from '../blockdev/blockDevice.js';
import type { HistoryFeed } from '../judge/history/feed.js';
import type { Core } from '../tracker/core/core.js';
import { PRIMARY, SECONDARY } from '../tracker/core/devices.js';
import { IndexPool } from '../tracker/core/recordPool.js';
import { slotIndex } from '../tracker/core/state.js';
import type { Asked } from './asked.js';
import { OP } from './driverIo.js';
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
  asked: Asked;
  submissions: Submissions;
  /** Called when reports are due; the core exists by then. */
  core: () => Core;
}

/** Arrays by `slotIndex`; bytes from the region's start. */
export class CopyIo {
  private readonly p: CopyParts;
  private readonly copied: Float64Array;
  private readonly buffer: Int32Array;
  private readonly buffers: IndexPool;
  /** Completed on S and not covered by a flush yet; and covered by the flush under way. */
  private waiting: Range[] = [];
  private covered: Range[] = [];

  constructor(parts: CopyParts) {
    this.p = parts;
    const { updateSlots, resyncDepth } = parts.plan.core;
    this.copied = new Float64Array(updateSlots);
    this.buffer = new Int32Array(updateSlots);
    this.buffers = new IndexPool(resyncDepth);
  }

  begin(slot: number): void {
    const { asked, history } = this.p;
    this.copied[slotIndex(slot)] = 0;
    this.buffer[slotIndex(slot)] = this.buffers.take();
    history?.copyIssued(asked.offset(slot), asked.length(slot));
    this.push(slot, OP.copyRead);
  }

  /** The core hears of the read when it has happened: the device that does not answer from now on is S. */
  read(slot: number, ok: boolean, nowMs: number): void {
    const core = this.p.core();
    const id = this.p.asked.updateId(slot);
    if (this.isLast(slot) || !ok) core.completed(PRIMARY, slot, id, ok, nowMs);
    if (!ok) return this.end(slot, false, true, nowMs);
    core.copyAwaits(SECONDARY, slot, id, nowMs);
    this.push(slot, OP.copyWrite);
  }

  written(slot: number, ok: boolean, nowMs: number): void {
    const core = this.p.core();
    const id = this.p.asked.updateId(slot);
    const isLast = this.isLast(slot);
    if (ok) this.p.meter.resynced(this.partBytes(slot));
    // What was read of a part before the last has not been reported.
    else if (!isLast) core.completed(PRIMARY, slot, id, true, nowMs);
    if (isLast || !ok) return this.end(slot, ok, ok, nowMs);
    this.copied[slotIndex(slot)] += this.p.plan.copyBytes;
    core.copyAwaits(PRIMARY, slot, id, nowMs);
    this.push(slot, OP.copyRead);
  }

  flushSubmitted(): void {
    this.covered = this.waiting.splice(0);
  }

  flushEnded(ok: boolean): void {
    if (ok) for (const c of this.covered) this.p.history?.copyDurable(c.offset, c.length);
    this.covered = [];
  }

  /** What no flush has covered is not durable. */
  powerLost(): void {
    this.waiting = this.covered = [];
  }

  /** P's end is reported already. `ok`: nothing failed on S; `copied`: on P neither. */
  private end(slot: number, copied: boolean, ok: boolean, nowMs: number): void {
    const { asked, history, plan } = this.p;
    this.buffers.give(this.buffer[slotIndex(slot)]);
    const range = { offset: asked.offset(slot), length: asked.length(slot) };
    if (copied && plan.core.durableOnCompletion.secondary) history?.copyDurable(range.offset, range.length);
    else if (copied) this.waiting.push(range);
    this.p.core().completed(SECONDARY, slot, asked.updateId(slot), ok, nowMs);
  }

  /** The part under way ends the region. */
  private isLast(slot: number): boolean {
    return this.copied[slotIndex(slot)] + this.p.plan.copyBytes >= this.p.asked.length(slot);
  }

  private partBytes(slot: number): number {
    return Math.min(this.p.plan.copyBytes, this.p.asked.length(slot) - this.copied[slotIndex(slot)]);
  }

  private push(slot: number, kind: typeof OP.copyRead | typeof OP.copyWrite): void {
    const { plan, asked, submissions } = this.p;
    const offset = asked.offset(slot) + this.copied[slotIndex(slot)];
    const at = plan.copyOffset + this.buffer[slotIndex(slot)] * plan.copyBytes;
    const write = plan.core.durableOnCompletion.secondary ? IO_OP.writeDurable : IO_OP.write;
    if (kind === OP.copyRead) submissions.push(kind, slot, 0, IO_OP.read, PRIMARY, offset, this.partBytes(slot), at);
    else submissions.push(kind, slot, 0, write, SECONDARY, offset, this.partBytes(slot), at);
  }
}
