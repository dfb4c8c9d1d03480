/**
 * Drives the pure core over real devices: performs its effects on one I/O ring, hands completions back, and tells the
 * judge's history what the devices answered. Decides nothing itself; at a cut point it keeps back what the core has
 * decided (see pointHold.ts).
 */
import { STORAGE_AREAS } from '../base/areas.js';
import type { Core } from '../tracker/core/core.js';
import type { DeviceIndex } from '../tracker/core/devices.js';
import { JOURNAL, PRIMARY, SECONDARY } from '../tracker/core/devices.js';
import type { Answer, CoreEffects } from '../tracker/core/effects.js';
import { IndexPool } from '../tracker/core/pool.js';
import type { IoEngine, SectorTools } from '../blockdev/port.js';
import { IO_OP } from '../blockdev/port.js';
import type { JournalIdentity } from '../tracker/journal/block.js';
import type { JournalLayout } from '../tracker/journal/layout.js';
import { BLOCK_BYTES, logBlockOffset, pageOffset, UNIT_BYTES } from '../tracker/journal/layout.js';
import { encodeCommit } from '../tracker/journal/logBlock.js';
import { encodePage } from '../tracker/journal/page.js';
import type { HistoryFeed } from '../judge/history/feed.js';
import { Copies } from './copies.js';
import type { DriverClock } from './driverClock.js';
import type { DriverIo } from './driverIo.js';
import { deviceOf, IoCounts, isCounted, OP } from './driverIo.js';
import type { DriverPlan } from './sizes.js';
import { fetchReports } from './fetchReports.js';
import type { Meter } from './meter.js';
import type { PointHold } from './cutpoint/pointHold.js';
import type { InFlight } from './port.js';

export interface DriverParts {
  io: IoEngine;
  tools: SectorTools;
  plan: DriverPlan;
  layout: JournalLayout;
  identity: JournalIdentity;
  pageGeneration: number;
  runId: number;
  history: HistoryFeed | null;
  meter: Meter;
  clock: DriverClock;
  onFailure: (device: DeviceIndex, errno: number, atNs: number, inFlight: InFlight) => void;
}


export class CoreDriver implements CoreEffects {
  core!: Core;
  private readonly p: DriverParts;
  /** Ring operations by tag: kind and its two arguments. */
  private readonly tags: IndexPool;
  private readonly kind: Uint8Array;
  private readonly a: Int32Array;
  private readonly b: Int32Array;
  private readonly obtainedMs: Float64Array;
  private readonly copies: Copies;
  private readonly pageBuffers: IndexPool;
  private readonly logParts: Int32Array;
  private readonly logFailed: Uint8Array;
  private readonly flushToken: [number, number] = [0, 0];
  private pageGeneration: number;
  private readonly reported = [false, false, false];
  private readonly counts = new IoCounts();
  private point: PointHold | null = null;

  constructor(parts: DriverParts) {
    this.p = parts;
    const { plan, io } = parts;
    this.tags = new IndexPool(io.depth);
    this.kind = new Uint8Array(io.depth);
    this.a = new Int32Array(io.depth);
    this.b = new Int32Array(io.depth);
    this.obtainedMs = new Float64Array(plan.core.updateSlots);
    this.copies = new Copies(plan.core.updateSlots, plan.core.resyncDepth, plan.copyBytes, parts.history);
    this.pageBuffers = new IndexPool(plan.core.journalDepth);
    this.logParts = new Int32Array(plan.core.log.commitsInFlight + 1);
    this.logFailed = new Uint8Array(plan.core.log.commitsInFlight + 1);
    this.pageGeneration = parts.pageGeneration;
  }

  /** Notes when the update was obtained, for the evidence wait. */
  obtained(slot: number, nowMs: number): void {
    this.obtainedMs[this.ordinal(slot)] = nowMs;
  }

  /** The core's clock. */
  get nowMs(): number {
    return this.p.clock.nowMs;
  }

  /** The protocol stands still at a cut point: nothing new may be obtained. */
  get standing(): boolean {
    return this.point !== null && this.point.standing;
  }

  /** Until an I/O kept back at a cut point is due; Infinity: none is. */
  get dueInNs(): number {
    return this.point?.dueInNs() ?? Infinity;
  }

  /** One round: the core decides, the ring works, the core learns. Returns the number of completions. */
  step(minComplete: number, timeoutNs: number): number {
    const waitNs = this.point === null ? timeoutNs : Math.min(timeoutNs, this.stepPoint(this.point));
    if (this.standing) return this.reap(minComplete, waitNs);
    // The answers may be in the ring: they are taken before a device is found late.
    const taken = this.core.isOverdue(this.nowMs) ? this.reap(0, 0) : 0;
    this.core.pump(this.nowMs);
    return taken + this.reap(taken > 0 ? 0 : minComplete, waitNs);
  }

  private reap(minComplete: number, waitNs: number): number {
    this.p.clock.waits(minComplete === 0 ? 0 : waitNs);
    const n = this.p.io.submitAndReap(minComplete, waitNs);
    const after = this.nowMs;
    fetchReports(this.core, this.p.io, n, this.kind, OP.write, this.a);
    for (let i = 0; i < n; i++) this.complete(i, after);
    return n;
  }

  /** The work would end now; returns whether it stands at a cut point instead. */
  standsAtEnd(): boolean {
    return this.point !== null && this.point.atEnd();
  }

  armPoint(point: PointHold): void {
    this.point = point;
  }

  /** The point is over, reached or not: what was kept back goes out. */
  releasePoint(): void {
    if (this.point === null) return;
    const kept = this.point.end(this.counts.now());
    this.point = null;
    this.p.clock.release();
    this.sendKept(kept);
  }

  /** Returns how long the ring may wait, in ns. */
  private stepPoint(point: PointHold): number {
    if (point.isOver) {
      this.releasePoint();
      return Infinity;
    }
    if (point.tick(this.nowMs) && point.trigger.losesSecondary === true) this.core.deviceLost(SECONDARY, this.nowMs);
    if (point.standing) this.p.clock.hold();
    const dueNs = point.dueInNs();
    if (dueNs > 0) return dueNs;
    this.sendKept(point.takeTarget());
    return Infinity;
  }

  submitWrite(slot: number, area: DeviceIndex): void {
    const { slots } = this.core.state;
    const { plan, tools, io, meter } = this.p;
    const offset = slots.offset(slot);
    const length = slots.length(slot);
    const at = plan.slotOffset + slots.ordinal(slot) * plan.slotBytes;
    if (area === PRIMARY) {
      meter.evidenceWait((this.nowMs - this.obtainedMs[this.ordinal(slot)]) / 1000);
      const transactionId = this.core.state.transactionId(slots.transaction[slot]);
      tools.stamp(io.arena, at, length, { runId: this.p.runId, updateId: this.core.state.updateId(slot), transactionId, firstLba: offset / 512 });
    }
    const durable = area === PRIMARY ? plan.core.durableOnCompletion.primary : plan.core.durableOnCompletion.secondary;
    this.push(OP.write, slot, area, durable ? IO_OP.writeDurable : IO_OP.write, area, offset, length, at);
  }

  submitCopy(slot: number): void {
    const { slots } = this.core.state;
    this.copies.begin(this.ordinal(slot));
    this.p.history?.copyIssued(slots.offset(slot), slots.length(slot));
    this.pushCopy(slot, OP.copyRead);
  }

  submitFlush(device: DeviceIndex): void {
    this.push(OP.flush, device, 0, IO_OP.flush, device, 0, 0, 0);
  }

  writeLog(index: number): void {
    const { plan, layout, identity, io } = this.p;
    const commit = this.core.log.commit(index);
    const bytes = commit.blocks * BLOCK_BYTES;
    this.logParts[index] = 0;
    this.logFailed[index] = 0;
    for (const copy of [0, 1] as const) {
      const at = plan.logOffset + (index * 2 + copy) * plan.logBytes;
      encodeCommit(commit, copy, layout, identity, io.arena.subarray(at, at + bytes));
      // A commit that reaches the ring's end goes on at its start.
      const place = commit.start % layout.ringBlocks;
      const firstPart = Math.min(commit.blocks, layout.ringBlocks - place) * BLOCK_BYTES;
      this.pushLog(index, logBlockOffset(layout, copy, commit.start), firstPart, at);
      if (firstPart < bytes) this.pushLog(index, layout.logOffset[copy], bytes - firstPart, at + firstPart);
    }
  }

  writePage(group: number, copy: number): void {
    const { plan, layout, identity, io } = this.p;
    const buffer = this.pageBuffers.take();
    const at = plan.pageOffset + buffer * UNIT_BYTES;
    const half = copy as 0 | 1;
    const out = io.arena.subarray(at, at + UNIT_BYTES);
    encodePage(this.core.pages.awaiting, group, half, ++this.pageGeneration, layout, identity, out);
    this.push(OP.page, group, buffer, this.journalOp, JOURNAL, pageOffset(layout, half, group), UNIT_BYTES, at);
  }

  answer(slot: number, answer: Answer): void {
    const { slots } = this.core.state;
    this.p.meter.answered(answer);
    if (answer === 'ok') this.p.history?.answered(this.core.state.updateId(slot), slots.offset(slot), slots.length(slot));
  }

  free(_slot: number): void {
    // A slot's buffer belongs to its number: with the slot it is free already.
  }

  /** For the arrays beside the core's slots. */
  private ordinal(slot: number): number {
    return this.core.state.slots.ordinal(slot);
  }

  private get journalOp(): typeof IO_OP.write | typeof IO_OP.writeDurable {
    return this.p.plan.core.durableOnCompletion.journal ? IO_OP.writeDurable : IO_OP.write;
  }

  private pushLog(index: number, offset: number, length: number, at: number): void {
    this.logParts[index]++;
    this.push(OP.log, index, 0, this.journalOp, JOURNAL, offset, length, at);
  }

  private pushCopy(slot: number, kind: typeof OP.copyRead | typeof OP.copyWrite): void {
    const { slots } = this.core.state;
    const { plan } = this.p;
    const { start, bytes, buffer } = this.copies.part(this.ordinal(slot), slots.length(slot));
    const offset = slots.offset(slot) + start;
    const at = plan.copyOffset + buffer * plan.copyBytes;
    const write = plan.core.durableOnCompletion.secondary ? IO_OP.writeDurable : IO_OP.write;
    if (kind === OP.copyRead) this.push(kind, slot, 0, IO_OP.read, PRIMARY, offset, bytes, at);
    else this.push(kind, slot, 0, write, SECONDARY, offset, bytes, at);
  }

  private push(
    kind: number,
    a: number,
    b: number,
    op: DriverIo['op'],
    device: DeviceIndex,
    offsetBytes: number,
    lengthBytes: number,
    arenaOffset: number,
  ): void {
    const kept = this.point !== null && !this.point.admits({ kind, a, b, op, device, offsetBytes, lengthBytes, arenaOffset });
    if (!kept) this.send(kind, a, b, op, device, offsetBytes, lengthBytes, arenaOffset);
  }

  private sendKept(ios: readonly DriverIo[]): void {
    for (const io of ios) this.send(io.kind, io.a, io.b, io.op, io.device, io.offsetBytes, io.lengthBytes, io.arenaOffset);
  }

  /** To the ring, and into the history: what was issued or flushed counts from here on. */
  private send(
    kind: number,
    a: number,
    b: number,
    op: DriverIo['op'],
    device: DeviceIndex,
    offsetBytes: number,
    lengthBytes: number,
    arenaOffset: number,
  ): void {
    const { history, io } = this.p;
    if (kind === OP.write) history?.issued(STORAGE_AREAS[b as 0 | 1], this.core.state.updateId(a), offsetBytes, lengthBytes);
    if (kind === OP.flush && device !== JOURNAL) this.flushToken[device] = history?.flushSubmitted(STORAGE_AREAS[device]) ?? 0;
    if (kind === OP.flush && device === SECONDARY) this.copies.flushSubmitted();
    const tag = this.tags.take();
    this.kind[tag] = kind;
    this.a[tag] = a;
    this.b[tag] = b;
    this.counts.add(kind, device, 1);
    io.push(op, device, tag, offsetBytes, lengthBytes, arenaOffset);
  }

  private complete(i: number, nowMs: number): void {
    const { io } = this.p;
    const tag = io.tag(i);
    const kind = this.kind[tag];
    const a = this.a[tag];
    const b = this.b[tag];
    this.tags.give(tag);
    const result = io.result(i);
    const ok = result >= 0;
    const device = deviceOf(kind, a, b);
    if (!ok) this.failure(device, -result, io.completedNs(i));
    this.counts.add(kind, device, -1);
    this.point?.ended(kind, a, b, ok, io.submittedNs(i), io.completedNs(i));
    if (ok && isCounted(kind)) this.p.meter.wrote(device, result, (io.completedNs(i) - io.submittedNs(i)) / 1e9);
    if (kind === OP.write) this.writeEnded(a, b as 0 | 1, ok, nowMs);
    else if (kind === OP.copyRead) this.copyRead(a, ok, nowMs);
    else if (kind === OP.copyWrite) this.copyWritten(a, ok, nowMs);
    else if (kind === OP.flush) this.flushEnded(a as DeviceIndex, ok, nowMs);
    else if (kind === OP.log) this.logEnded(a, ok, nowMs);
    else {
      this.pageBuffers.give(b);
      this.core.pageWritten(a, ok, nowMs);
    }
  }

  /** It has something to answer, and none of its I/O has ended with an error. */
  isAwaited(device: DeviceIndex): boolean {
    return !this.reported[device] && this.counts.any(device);
  }

  private failure(device: DeviceIndex, errno: number, atNs: number): void {
    if (this.reported[device]) return;
    this.reported[device] = true;
    this.p.onFailure(device, errno, atNs, this.counts.now());
  }

  private writeEnded(slot: number, area: 0 | 1, ok: boolean, nowMs: number): void {
    const { slots, config } = this.core.state;
    const id = this.core.state.updateId(slot);
    const length = slots.length(slot);
    const fua = area === PRIMARY ? config.durableOnCompletion.primary : config.durableOnCompletion.secondary;
    if (ok && fua) this.p.history?.durableCompleted(STORAGE_AREAS[area], id, slots.offset(slot), length);
    else this.p.history?.completed(STORAGE_AREAS[area], id, slots.offset(slot), length, ok);
    this.core.completed(area, slot, id, ok, nowMs);
  }

  /** The core hears of the read when it has happened: whoever does not answer from now on is S. */
  private copyRead(slot: number, ok: boolean, nowMs: number): void {
    const id = this.core.state.updateId(slot);
    const isLast = this.copies.isLast(this.ordinal(slot), this.core.state.slots.length(slot));
    if (isLast || !ok) this.core.completed(PRIMARY, slot, id, ok, nowMs);
    if (!ok) return this.copyEnded(slot, false, true, nowMs);
    this.core.copyAwaits(SECONDARY, slot, id, nowMs);
    this.pushCopy(slot, OP.copyWrite);
  }

  private copyWritten(slot: number, ok: boolean, nowMs: number): void {
    const { slots } = this.core.state;
    const updateId = this.core.state.updateId(slot);
    const isLast = this.copies.isLast(this.ordinal(slot), slots.length(slot));
    if (ok) this.p.meter.resynced(this.copies.part(this.ordinal(slot), slots.length(slot)).bytes);
    // What was read of a part before the last has not been reported.
    else if (!isLast) this.core.completed(PRIMARY, slot, updateId, true, nowMs);
    if (isLast || !ok) return this.copyEnded(slot, ok, ok, nowMs);
    this.copies.next(this.ordinal(slot));
    this.core.copyAwaits(PRIMARY, slot, updateId, nowMs);
    this.pushCopy(slot, OP.copyRead);
  }

  /** P's end is reported already. `ok`: nothing failed on S; `copied`: on P neither. */
  private copyEnded(slot: number, copied: boolean, ok: boolean, nowMs: number): void {
    const { slots, config } = this.core.state;
    const range = copied ? { offset: slots.offset(slot), length: slots.length(slot) } : null;
    this.copies.end(this.ordinal(slot), range, config.durableOnCompletion.secondary);
    this.core.completed(SECONDARY, slot, this.core.state.updateId(slot), ok, nowMs);
  }

  private flushEnded(device: DeviceIndex, ok: boolean, nowMs: number): void {
    if (device === SECONDARY) this.copies.flushEnded(ok);
    if (device !== JOURNAL) this.p.history?.flushCompleted(STORAGE_AREAS[device], this.flushToken[device], ok);
    this.fromJournal(device === JOURNAL, () => this.core.flushed(device, ok, nowMs));
  }

  private logEnded(index: number, ok: boolean, nowMs: number): void {
    if (!ok) this.logFailed[index] = 1;
    if (--this.logParts[index] > 0) return;
    this.fromJournal(true, () => this.core.logWritten(index, this.logFailed[index] === 0, nowMs));
  }

  /** What the core submits now waited for the journal: a cut point may want to know. */
  private fromJournal(isJournal: boolean, tell: () => void): void {
    if (this.point !== null) this.point.view.journalSpoke = isJournal;
    tell();
    if (this.point !== null) this.point.view.journalSpoke = false;
  }

  /** The bench has cut the power of these devices: their epoch ends now, whatever else they may still answer (R4). */
  powerLost(device: DeviceIndex): void {
    if (device !== JOURNAL) this.p.history?.powerLost(STORAGE_AREAS[device]);
    if (device === SECONDARY) this.copies.powerLost();
    this.core.deviceLost(device, this.nowMs);
  }
}
