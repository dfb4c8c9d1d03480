/**
 * Drives the pure core over real devices: performs its effects on one I/O ring, hands completions back, and reports to the
 * judge's history what the devices answered. Decides nothing itself; at a cut point it keeps back what the core has
 * decided (see cutpoint/pointHold.ts).
 */
import { STORAGE_AREAS } from '../base/areas.js';
import { SECTOR_BYTES } from '../base/observation.js';
import type { SectorTools } from '../blockdev/blockDevice.js';
import { IO_OP } from '../blockdev/blockDevice.js';
import type { HistoryFeed } from '../judge/history/feed.js';
import { Core } from '../tracker/core/core.js';
import type { DeviceIndex } from '../tracker/core/devices.js';
import { JOURNAL, PRIMARY, SECONDARY } from '../tracker/core/devices.js';
import type { Answer, CoreEffects } from '../tracker/core/effects.js';
import type { IndicatorMap } from '../tracker/core/indicatorMap.js';
import { slotIndex } from '../tracker/core/state.js';
import type { LogCommit } from '../tracker/core/transactionLog.js';
import type { ApplicationQueue } from './applicationQueue.js';
import { Asked } from './asked.js';
import { CopyIo } from './copyIo.js';
import type { PointHold } from './cutpoint/pointHold.js';
import type { DriverClock } from './driverClock.js';
import { deviceOf, isCounted, OP } from './driverIo.js';
import { fetchReports } from './fetchReports.js';
import { JournalWrites, type JournalWriteParts } from './journalWrites.js';
import type { Meter } from './meter.js';
import type { InFlight } from './replicationEngine.js';
import { Submissions } from './submissions.js';

export interface DriverParts extends JournalWriteParts {
  tools: SectorTools;
  runId: number;
  history: HistoryFeed | null;
  meter: Meter;
  queue: ApplicationQueue;
  clock: DriverClock;
  onFailure: (device: DeviceIndex, errno: number, atNs: number, inFlight: InFlight) => void;
}

export class CoreDriver implements CoreEffects {
  readonly core: Core;
  private readonly p: DriverParts;
  private readonly submissions: Submissions;
  private readonly asked: Asked;
  private readonly obtainedMs: Float64Array;
  private readonly copies: CopyIo;
  private readonly journal: JournalWrites;
  private readonly flushToken: [number, number] = [0, 0];
  private readonly reported = [false, false, false];

  constructor(parts: DriverParts) {
    this.p = parts;
    const { plan, io, clock } = parts;
    const { updateSlots } = plan.core;
    this.submissions = new Submissions({ io, clock, onSubmit: (...submitted) => this.onSubmit(...submitted) });
    this.asked = new Asked(updateSlots);
    this.obtainedMs = new Float64Array(updateSlots);
    const { asked, submissions } = this;
    this.copies = new CopyIo({ ...parts, asked, submissions, core: () => this.core });
    this.journal = new JournalWrites(parts, this.submissions);
    this.core = new Core(plan.core, this);
  }

  /** Notes when the update was obtained, for the evidence wait. */
  obtained(slot: number, nowMs: number): void {
    this.obtainedMs[slotIndex(slot)] = nowMs;
  }

  /** The core's clock. */
  get nowMs(): number {
    return this.p.clock.nowMs;
  }

  /** The protocol is paused at a cut point: nothing new may be obtained. */
  get paused(): boolean {
    return this.submissions.paused;
  }

  /** Until an I/O kept back at a cut point is due; Infinity: none is. */
  get dueInNs(): number {
    return this.submissions.point?.dueInNs() ?? Infinity;
  }

  /** One round: the core decides, the ring works, the core learns. Returns the number of completions. */
  step(minComplete: number, timeoutNs: number): number {
    const { point } = this.submissions;
    const waitNs = point === null ? timeoutNs : Math.min(timeoutNs, this.stepPoint(point));
    if (this.paused) return this.reap(minComplete, waitNs);
    // The answers may be in the ring: they are taken before a device is found late.
    const taken = this.core.isOverdue(this.nowMs) ? this.reap(0, 0) : 0;
    this.core.pump(this.nowMs);
    return taken + this.reap(taken > 0 ? 0 : minComplete, waitNs);
  }

  private reap(minComplete: number, waitNs: number): number {
    this.p.clock.waits(minComplete === 0 ? 0 : waitNs);
    const n = this.p.io.submitAndReap(minComplete, waitNs);
    const after = this.nowMs;
    fetchReports(this.core, this.p.io, n, this.submissions.kind, OP.write, this.submissions.a);
    for (let i = 0; i < n; i++) this.complete(i, after);
    return n;
  }

  /** The work would end now; returns whether it is paused at a cut point instead. */
  pausesAtEnd(): boolean {
    return this.submissions.point?.atEnd() ?? false;
  }

  armPoint(point: PointHold): void {
    this.submissions.armPoint(point);
  }

  /** Where what the core has asked for goes: for what is reported of a cut point. */
  get targets(): Pick<Asked, 'updateId' | 'offset' | 'length'> {
    return this.asked;
  }

  /** The point is over, reached or not: what was kept back goes out. */
  releasePoint(): void {
    this.submissions.releasePoint();
  }

  /** Returns how long the ring may wait, in ns. */
  private stepPoint(point: PointHold): number {
    if (point.isOver) {
      this.submissions.releasePoint();
      return Infinity;
    }
    if (point.tick(this.nowMs) && point.trigger.losesSecondary === true) this.core.deviceLost(SECONDARY, this.nowMs);
    if (point.standing) this.p.clock.hold();
    const dueNs = point.dueInNs();
    if (dueNs > 0) return dueNs;
    this.submissions.submitTarget();
    return Infinity;
  }

  submitWrite(
    slot: number,
    area: DeviceIndex,
    updateId: number,
    transactionId: number,
    offset: number,
    length: number,
  ): void {
    const { plan, tools, io, meter, runId } = this.p;
    const at = plan.slotOffset + slotIndex(slot) * plan.slotBytes;
    if (area === PRIMARY) {
      this.asked.note(slot, updateId, offset, length);
      meter.evidenceWait((this.nowMs - this.obtainedMs[slotIndex(slot)]) / 1000);
      tools.stamp(io.arena, at, length, { runId, updateId, transactionId, firstLba: offset / SECTOR_BYTES });
    }
    this.submissions.push(OP.write, slot, area, this.writeOp(area), area, offset, length, at);
  }

  submitCopy(slot: number, updateId: number, offset: number, length: number): void {
    this.asked.note(slot, updateId, offset, length);
    this.copies.begin(slot);
  }

  submitFlush(device: DeviceIndex): void {
    this.submissions.push(OP.flush, device, 0, IO_OP.flush, device, 0, 0, 0);
  }

  writeLog(commit: LogCommit): void {
    this.journal.writeLog(commit);
  }

  writePage(group: number, copy: number, awaiting: IndicatorMap): void {
    this.journal.writePage(group, copy, awaiting);
  }

  answer(_slot: number, answer: Answer, updateId: number, offset: number, length: number): void {
    this.p.queue.answered(answer);
    if (answer === 'ok') this.p.history?.answered(updateId, offset, length);
  }

  free(_slot: number): void {
    // A slot's buffer belongs to its number: with the slot it is free already.
  }

  private writeOp(device: DeviceIndex): typeof IO_OP.write | typeof IO_OP.writeDurable {
    return this.isDurableOnCompletion(device) ? IO_OP.writeDurable : IO_OP.write;
  }

  private isDurableOnCompletion(device: DeviceIndex): boolean {
    const { primary, secondary, journal } = this.p.plan.core.durableOnCompletion;
    return device === PRIMARY ? primary : device === SECONDARY ? secondary : journal;
  }

  /** Into the history: what was issued or flushed counts from here on. */
  private onSubmit(kind: number, a: number, b: number, device: DeviceIndex, offset: number, length: number): void {
    const { history } = this.p;
    if (kind === OP.write) history?.issued(STORAGE_AREAS[b as 0 | 1], this.asked.updateId(a), offset, length);
    if (kind === OP.flush && device !== JOURNAL)
      this.flushToken[device] = history?.flushSubmitted(STORAGE_AREAS[device]) ?? 0;
    if (kind === OP.flush && device === SECONDARY) this.copies.flushSubmitted();
  }

  private complete(i: number, nowMs: number): void {
    const { io } = this.p;
    const { submissions } = this;
    const tag = submissions.ended(i);
    const kind = submissions.kind[tag];
    const a = submissions.a[tag];
    const b = submissions.b[tag];
    const result = io.result(i);
    const ok = result >= 0;
    const device = deviceOf(kind, a, b);
    if (!ok) this.failure(device, -result, io.completedNs(i));
    submissions.report(i, tag, ok);
    if (ok && isCounted(kind)) this.p.meter.wrote(device, result, (io.completedNs(i) - io.submittedNs(i)) / 1e9);
    if (kind === OP.write) this.writeEnded(a, b as 0 | 1, ok, nowMs);
    else if (kind === OP.copyRead) this.copies.read(a, ok, nowMs);
    else if (kind === OP.copyWrite) this.copies.written(a, ok, nowMs);
    else if (kind === OP.flush) this.flushEnded(a as DeviceIndex, ok, nowMs);
    else if (kind === OP.log) this.logEnded(a, ok, nowMs);
    else {
      this.journal.pageEnded(b);
      this.core.pageWritten(a, ok, nowMs);
    }
  }

  /** It has something to answer, and none of its I/O has ended with an error. */
  isAwaited(device: DeviceIndex): boolean {
    return !this.reported[device] && this.submissions.any(device);
  }

  private failure(device: DeviceIndex, errno: number, atNs: number): void {
    if (this.reported[device]) return;
    this.reported[device] = true;
    this.p.onFailure(device, errno, atNs, this.submissions.inFlight());
  }

  private writeEnded(slot: number, area: 0 | 1, ok: boolean, nowMs: number): void {
    const { asked } = this;
    const id = asked.updateId(slot);
    const isDurable = ok && this.isDurableOnCompletion(area);
    if (isDurable) this.p.history?.durableCompleted(STORAGE_AREAS[area], id, asked.offset(slot), asked.length(slot));
    else this.p.history?.completed(STORAGE_AREAS[area], id, asked.offset(slot), asked.length(slot), ok);
    this.core.completed(area, slot, id, ok, nowMs);
  }

  private flushEnded(device: DeviceIndex, ok: boolean, nowMs: number): void {
    if (device === SECONDARY) this.copies.flushEnded(ok);
    if (device !== JOURNAL) this.p.history?.flushCompleted(STORAGE_AREAS[device], this.flushToken[device], ok);
    this.fromJournal(device === JOURNAL, () => this.core.flushed(device, ok, nowMs));
  }

  private logEnded(index: number, ok: boolean, nowMs: number): void {
    const allWritten = this.journal.logEnded(index, ok);
    if (allWritten !== null) this.fromJournal(true, () => this.core.logWritten(index, allWritten, nowMs));
  }

  /** What the core submits now waited for the journal: a cut point may depend on it. */
  private fromJournal(isJournal: boolean, report: () => void): void {
    const { point } = this.submissions;
    if (point !== null) point.view.journalSpoke = isJournal;
    report();
    if (point !== null) point.view.journalSpoke = false;
  }

  /** The bench has cut the power of this device: its epoch ends now, whatever else it may still answer (R4). */
  powerLost(device: DeviceIndex): void {
    if (device !== JOURNAL) this.p.history?.powerLost(STORAGE_AREAS[device]);
    if (device === SECONDARY) this.copies.powerLost();
    this.core.deviceLost(device, this.nowMs);
  }
}
