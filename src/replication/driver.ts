/**
 * Drives the pure core over real devices: performs its effects on one I/O ring, reports completions to it, and reports
 * what was submitted and answered to the history of the judge. It decides nothing itself. At a cut point it holds back
 * what the core has decided (cutpoint/pointHold.ts).
 */
import { STORAGE_AREAS } from '../base/areas.js';
import { SECTOR_BYTES } from '../base/observation.js';
import { IO_OP, type SectorTools } from '../blockdev/blockDevice.js';
import type { HistoryFeed } from '../judge/history/feed.js';
import { Core } from '../tracker/core/core.js';
import { JOURNAL, PRIMARY, SECONDARY, type DeviceIndex, type StorageAreaIndex } from '../tracker/core/devices.js';
import type { Answer, CoreEffects } from '../tracker/core/effects.js';
import type { IndicatorMap } from '../tracker/core/indicatorMap.js';
import { slotIndex } from '../tracker/core/state.js';
import type { LogCommit } from '../tracker/core/transactionLog.js';
import type { ApplicationQueue } from './application.js';
import { CopyIo } from './copyIo.js';
import type { PointHold } from './cutpoint/pointHold.js';
import type { DriverClock } from './driverClock.js';
import { deviceOf, isCounted, OP, SlotTable } from './driverIo.js';
import { JournalWrites, type JournalWriteParts } from './journalIo.js';
import { FlushPacing } from './flushPacing.js';
import type { Meter } from './meter.js';
import type { InFlight } from './replicationEngine.js';
import { Submissions } from './submissions.js';
import { UpdateTimes } from './updateTimes.js';

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
  private readonly slots: SlotTable;
  readonly times: UpdateTimes;
  private readonly copies: CopyIo;
  private readonly journal: JournalWrites;
  private readonly flushToken: [number, number] = [0, 0];
  private readonly pacing = new FlushPacing();
  private readonly reported = [false, false, false];

  constructor(parts: DriverParts) {
    this.p = parts;
    const { plan, io, clock } = parts;
    const { updateSlots, resync } = plan.core;
    this.submissions = new Submissions({ io, clock, onSubmit: this.onSubmit.bind(this) });
    this.slots = new SlotTable(updateSlots + resync.slots);
    this.times = new UpdateTimes(updateSlots + resync.slots);
    const { slots, submissions } = this;
    this.copies = new CopyIo({ ...parts, slots, submissions, core: () => this.core });
    this.journal = new JournalWrites(parts, this.submissions);
    this.core = new Core(plan.core, this);
  }

  /** Notes when the update was obtained. */
  obtained(slot: number, nowMs: number): void {
    this.times.obtained(slotIndex(slot), nowMs);
  }

  /** The time of the core. */
  get nowMs(): number {
    return this.p.clock.nowMs;
  }

  /** The protocol is halted at a cut point: no update may be obtained. */
  get halted(): boolean {
    return this.submissions.halted;
  }

  /** Time until an I/O that a cut point holds back is due; Infinity: there is none. */
  get dueInNs(): number {
    return this.submissions.point?.dueInNs() ?? Infinity;
  }

  /**
   * One round: the core decides, the ring submits and reaps, the core gets the results. Returns the completions taken.
   */
  step(minComplete: number, timeoutNs: number): number {
    const { point } = this.submissions;
    const waitNs = point === null ? timeoutNs : Math.min(timeoutNs, this.stepPoint(point));
    if (this.halted) return this.reap(minComplete, waitNs);
    // The completion may already be in the ring: the driver takes it before the core finds the device late.
    const taken = this.core.isOverdue(this.nowMs) ? this.reap(0, 0) : 0;
    this.core.pump(this.nowMs);
    return taken + this.reap(taken > 0 ? 0 : minComplete, waitNs);
  }

  private reap(minComplete: number, waitNs: number): number {
    this.copies.submit();
    this.p.clock.waits(minComplete === 0 ? 0 : waitNs);
    const n = this.p.io.submitAndReap(minComplete, waitNs);
    const after = this.nowMs;
    this.submissions.prefetchReports(this.core, n);
    for (let i = 0; i < n; i++) this.complete(i, after);
    return n;
  }

  /** The phase would end now. Returns whether it halts at a cut point instead. */
  haltsAtEnd(): boolean {
    return this.submissions.point?.atEnd() ?? false;
  }

  armPoint(point: PointHold): void {
    this.submissions.armPoint(point);
  }

  /** Id and range of the update or copy of each slot: a cut point reports them. */
  get targets(): Pick<SlotTable, 'updateId' | 'offset' | 'length'> {
    return this.slots;
  }

  /** Ends the cut point, reached or not, and submits what it held back. */
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
    if (point.halted) this.p.clock.hold();
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
      this.slots.set(slot, updateId, offset, length);
      meter.evidenceWait(this.times.submitted(slotIndex(slot), this.core.state.nowMs) / 1000);
      tools.stamp(io.arena, at, length, { runId, updateId, transactionId, firstLba: offset / SECTOR_BYTES });
    }
    this.submissions.push(OP.write, slot, area, this.writeOp(area), area, offset, length, at);
  }

  submitCopy(slot: number, updateId: number, offset: number, length: number): void {
    this.slots.set(slot, updateId, offset, length);
    this.copies.begin(slot);
  }

  flushPays(area: StorageAreaIndex, uncovered: number, inFlight: number): boolean {
    return this.pacing.pays(area, uncovered, inFlight);
  }

  submitFlush(device: DeviceIndex): void {
    this.p.meter.flushes[device]++;
    this.submissions.push(OP.flush, device, 0, IO_OP.flush, device, 0, 0, 0);
  }

  writeLog(commit: LogCommit): void {
    this.journal.writeLog(commit);
  }

  writePage(group: number, copy: number, awaiting: IndicatorMap): void {
    this.journal.writePage(group, copy, awaiting);
  }

  answer(slot: number, answer: Answer, updateId: number, offset: number, length: number): void {
    this.p.queue.answered(answer);
    this.times.answered(slotIndex(slot), this.core.state.nowMs);
    if (answer === 'ok') this.p.history?.answered(updateId, offset, length);
  }

  free(_slot: number): void {
    // Each slot has its own buffer: no pool needs to get it back.
  }

  private writeOp(device: DeviceIndex): typeof IO_OP.write | typeof IO_OP.writeDurable {
    return this.isDurableOnCompletion(device) ? IO_OP.writeDurable : IO_OP.write;
  }

  private isDurableOnCompletion(device: DeviceIndex): boolean {
    const { primary, secondary, journal } = this.p.plan.core.durableOnCompletion;
    return device === PRIMARY ? primary : device === SECONDARY ? secondary : journal;
  }

  /** Reports to the history: a write counts as issued, and a flush covers what completed, from this moment on. */
  private onSubmit(kind: number, a: number, b: number, device: DeviceIndex, offset: number, length: number): void {
    const { history } = this.p;
    if (kind === OP.write) history?.issued(STORAGE_AREAS[b as 0 | 1], this.slots.updateId(a), offset, length);
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
    if (device !== JOURNAL) this.pacing.ended(device, kind === OP.flush, io.submittedNs(i), io.completedNs(i));
    if (kind === OP.write) this.writeEnded(a, b as StorageAreaIndex, ok, nowMs);
    else if (kind === OP.copyRead) this.copies.read(b, ok, nowMs);
    else if (kind === OP.copyWrite) this.copies.written(b, ok, nowMs);
    else if (kind === OP.flush) this.flushEnded(a as DeviceIndex, ok, nowMs);
    else if (kind === OP.log) this.logEnded(a, ok, nowMs);
    else {
      this.journal.pageEnded(b);
      this.core.pageWritten(a, ok, nowMs);
    }
  }

  /** Whether the device has I/O in flight, and none of its I/O has failed. */
  isAwaited(device: DeviceIndex): boolean {
    return !this.reported[device] && this.submissions.any(device);
  }

  private failure(device: DeviceIndex, errno: number, atNs: number): void {
    if (this.reported[device]) return;
    this.reported[device] = true;
    this.p.onFailure(device, errno, atNs, this.submissions.inFlight());
  }

  private writeEnded(slot: number, area: StorageAreaIndex, ok: boolean, nowMs: number): void {
    const { slots } = this;
    const id = slots.updateId(slot);
    this.times.written(slotIndex(slot), nowMs);
    const isDurable = ok && this.isDurableOnCompletion(area);
    if (isDurable) this.p.history?.durableCompleted(STORAGE_AREAS[area], id, slots.offset(slot), slots.length(slot));
    else this.p.history?.completed(STORAGE_AREAS[area], id, slots.offset(slot), slots.length(slot), ok);
    this.core.completed(area, slot, id, ok, nowMs);
  }

  private flushEnded(device: DeviceIndex, ok: boolean, nowMs: number): void {
    if (device === SECONDARY) this.copies.flushEnded(ok);
    if (device !== JOURNAL) this.p.history?.flushCompleted(STORAGE_AREAS[device], this.flushToken[device], ok);
    this.submittingAfterJournal(device === JOURNAL);
    this.core.flushed(device, ok, nowMs);
    this.submittingAfterJournal(false);
  }

  private logEnded(index: number, ok: boolean, nowMs: number): void {
    const allWritten = this.journal.logEnded(index, ok);
    if (allWritten === null) return;
    this.submittingAfterJournal(true);
    this.core.logWritten(index, allWritten, nowMs);
    this.submittingAfterJournal(false);
  }

  /** Notes for a cut point whether what the core now submits has waited for the journal. */
  private submittingAfterJournal(isAfter: boolean): void {
    const { point } = this.submissions;
    if (point !== null) point.view.isAfterJournal = isAfter;
  }

  /** The bench has cut the power of this device: its power epoch ends now, whatever it may still answer (R4). */
  powerLost(device: DeviceIndex): void {
    if (device !== JOURNAL) this.p.history?.powerLost(STORAGE_AREAS[device]);
    if (device === SECONDARY) this.copies.powerLost();
    this.core.deviceLost(device, this.nowMs);
  }
}
