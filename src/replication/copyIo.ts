/**
 * Resync copies as I/O: each copy reads a region from P and writes it to S, in parts of `copyBytes`. A copy is durable
 * on S when its FUA writes complete, or with the flush that covers it (R4); this file reports both to the history of
 * the judge.
 */
import { IO_OP } from '../blockdev/blockDevice.js';
import type { HistoryFeed } from '../judge/history/feed.js';
import type { Core } from '../tracker/core/core.js';
import { PRIMARY, SECONDARY } from '../tracker/core/devices.js';
import { IndexPool } from '../tracker/core/recordPool.js';
import { slotIndex } from '../tracker/core/state.js';
import { OP, type SlotTable } from './driverIo.js';
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

/** Arrays are indexed by `slotIndex`; `copied` counts bytes from the start of the region. */
export class CopyIo {
  private readonly p: CopyParts;
  private readonly copied: Float64Array;
  private readonly buffer: Int32Array;
  private readonly buffers: IndexPool;
  /** `waiting`: completed on S, no flush submitted since. `covered`: the flush in flight covers it. */
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
    const { slots, history } = this.p;
    this.copied[slotIndex(slot)] = 0;
    this.buffer[slotIndex(slot)] = this.buffers.take();
    history?.copyIssued(slots.offset(slot), slots.length(slot));
    this.push(slot, OP.copyRead);
  }

  /** Reports the read to the core before it submits the write: from then on the core counts the ack timeout of S. */
  read(slot: number, ok: boolean, nowMs: number): void {
    const core = this.p.core();
    const id = this.p.slots.updateId(slot);
    if (this.isLast(slot) || !ok) core.completed(PRIMARY, slot, id, ok, nowMs);
    if (!ok) return this.end(slot, false, true, nowMs);
    core.copyAwaits(SECONDARY, slot, id, nowMs);
    this.push(slot, OP.copyWrite);
  }

  written(slot: number, ok: boolean, nowMs: number): void {
    const core = this.p.core();
    const id = this.p.slots.updateId(slot);
    const isLast = this.isLast(slot);
    if (ok) this.p.meter.resynced(this.partBytes(slot));
    // `read` reports the last part only: after a failed write the core still waits for P.
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

  /** S has lost power: copies that no flush has covered are not durable. */
  powerLost(): void {
    this.waiting = this.covered = [];
  }

  /** The core knows the result of P. `ok`: nothing failed on S; `copied`: nothing failed on P or S. */
  private end(slot: number, copied: boolean, ok: boolean, nowMs: number): void {
    const { slots, history, plan } = this.p;
    this.buffers.give(this.buffer[slotIndex(slot)]);
    const range = { offset: slots.offset(slot), length: slots.length(slot) };
    if (copied && plan.core.durableOnCompletion.secondary) history?.copyDurable(range.offset, range.length);
    else if (copied) this.waiting.push(range);
    this.p.core().completed(SECONDARY, slot, slots.updateId(slot), ok, nowMs);
  }

  /** Whether the current part is the last one of the region. */
  private isLast(slot: number): boolean {
    return this.copied[slotIndex(slot)] + this.p.plan.copyBytes >= this.p.slots.length(slot);
  }

  private partBytes(slot: number): number {
    return Math.min(this.p.plan.copyBytes, this.p.slots.length(slot) - this.copied[slotIndex(slot)]);
  }

  private push(slot: number, kind: typeof OP.copyRead | typeof OP.copyWrite): void {
    const { plan, slots, submissions } = this.p;
    const offset = slots.offset(slot) + this.copied[slotIndex(slot)];
    const at = plan.copyOffset + this.buffer[slotIndex(slot)] * plan.copyBytes;
    const write = plan.core.durableOnCompletion.secondary ? IO_OP.writeDurable : IO_OP.write;
    if (kind === OP.copyRead) submissions.push(kind, slot, 0, IO_OP.read, PRIMARY, offset, this.partBytes(slot), at);
    else submissions.push(kind, slot, 0, write, SECONDARY, offset, this.partBytes(slot), at);
  }
}
