/**
 * Drives the core over three modeled devices without bytes, and checks its promises after every step:
 *
 *   I1   a region that may differ between P and S has evidence in every crash state (in the granularity of updates:
 *        submitted somewhere, and neither durable on both areas nor covered by a later durable copy)
 *   I2   an update answered `ok` is durable on P, and durable on S or durably marked
 *   I5   the ring never overwrites a block that a durable tail needs
 *   R13  overlapping updates are never in flight together
 *   and  every update is answered once and freed once, and not freed while a device may still touch its buffer.
 *
 * It knows the state of the devices from the effects and from its own reports, never from the core.
 */
import { Core, JOURNAL, PRIMARY, SECONDARY, type Answer, type CoreConfig, type CoreEffects } from './coreParts.js';
import type { LogCommit } from '../../../src/tracker/core/transactionLog.js';
import { JournalModel } from './journalModel.js';

export type Area = typeof PRIMARY | typeof SECONDARY;
export type Device = Area | typeof JOURNAL;

interface Tracked {
  slot: number;
  id: number;
  start: number;
  end: number;
  isCopy: boolean;
  /** Per area: write under way; completed and not flushed; durable. For a copy, P means: what was read. */
  underWay: [boolean, boolean];
  volatile: [boolean, boolean];
  durable: [boolean, boolean];
  answer: Answer | null;
  freed: boolean;
  submitted: boolean;
}

/** Something a device still has to report. */
export type Pending =
  | { kind: 'io'; area: Area; of: Tracked }
  | { kind: 'flush'; device: Device; covers: unknown[]; epoch: number }
  | { kind: 'log'; index: number }
  | { kind: 'page'; group: number };

type JournalWrite = { kind: 'log'; index: number } | { kind: 'page'; group: number };

export class Simulator implements CoreEffects {
  readonly core: Core;
  readonly journal: JournalModel;
  readonly pending: Pending[] = [];
  /** Per slot: the update that occupies it. */
  readonly bySlot = new Map<number, Tracked>();
  /** Per region: the updates and copies that may have left P and S different, by number. */
  private readonly differing = new Map<number, Map<number, Tracked>>();
  private journalVolatile: JournalWrite[] = [];
  private readonly epoch: [number, number, number] = [0, 0, 0];
  /** Updates that `obtain` has taken and that are not answered. */
  readonly unanswered = new Set<number>();
  /** Updates answered `ok`, `refused`, `failed`. */
  readonly answers = { ok: 0, refused: 0, failed: 0 };
  now = 0;
  private flushQuestions = 0;

  constructor(config: CoreConfig) {
    this.core = new Core(config, this);
    this.journal = new JournalModel(config.log, this.core.pages);
  }

  // --- effects -------------------------------------------------------------------------------------------------------

  submitWrite(
    slot: number,
    area: number,
    updateId: number,
    _transactionId: number,
    offset: number,
    length: number,
  ): void {
    const u = this.trackedIn(slot);
    if (updateId !== u.id || offset !== u.start || offset + length !== u.end)
      throw new Error(`update ${u.id} submitted as ${updateId}, ${offset}, ${length}`);
    this.submit(u, area as Area, false);
  }

  submitCopy(slot: number): void {
    const u = this.trackedIn(slot);
    u.isCopy = true;
    for (const r of this.regionsOf(u)) {
      for (const other of this.differing.get(r)?.values() ?? []) {
        if (other.underWay[PRIMARY] || other.underWay[SECONDARY])
          throw new Error(`R10: copy of region ${r} beside update ${other.id}`);
      }
    }
    this.submit(u, PRIMARY, true);
    this.submit(u, SECONDARY, true);
  }

  private submit(u: Tracked, area: Area, isCopy: boolean): void {
    if (this.core.state.updateId(u.slot) !== u.id)
      throw new Error(`update ${u.id} submitted from a slot that is not its own`);
    for (const p of this.pending) {
      if (p.kind !== 'io' || p.of === u || p.of.start >= u.end || u.start >= p.of.end) continue;
      if (p.area === area || area === SECONDARY || isCopy)
        throw new Error(`R13: ${u.id} overlaps ${p.of.id}, in flight`);
    }
    u.submitted = true;
    u.underWay[area] = true;
    this.pending.push({ kind: 'io', area, of: u });
    for (const r of this.regionsOf(u)) {
      const inRegion = this.differing.get(r) ?? new Map<number, Tracked>();
      this.differing.set(r, inRegion.set(u.id, u));
    }
    this.checkEvidence();
  }

  /** Any answer keeps the rules: this one depends on nothing that the core knows. */
  flushPays(): boolean {
    return (this.flushQuestions = (this.flushQuestions * 5 + 1) % 64) < 32;
  }

  submitFlush(device: number): void {
    const d = device as Device;
    if (this.pending.some((p) => p.kind === 'flush' && p.device === d)) throw new Error(`two flushes on device ${d}`);
    const covers = d === JOURNAL ? this.journalVolatile.slice() : this.live().filter((u) => u.volatile[d]);
    this.pending.push({ kind: 'flush', device: d, covers, epoch: this.epoch[d] });
  }

  writeLog(commit: LogCommit): void {
    this.journal.submitCommit(commit);
    this.pending.push({ kind: 'log', index: commit.index });
    this.checkEvidence();
  }

  writePage(group: number, copy: number): void {
    this.journal.submitPage(group, copy);
    this.pending.push({ kind: 'page', group });
    this.checkEvidence();
  }

  answer(slot: number, answer: Answer): void {
    const u = this.trackedIn(slot);
    if (u.answer !== null) throw new Error(`update ${u.id} answered ${u.answer} and ${answer}`);
    u.answer = answer;
    this.answers[answer]++;
    this.unanswered.delete(u.id);
    if (answer === 'refused' && u.submitted) throw new Error(`update ${u.id} refused after it was submitted`);
    const { primaryLost, journalLost } = this.core.state;
    if (answer !== 'ok' && !primaryLost && !journalLost)
      throw new Error(`update ${u.id} ${answer}, although neither P nor the journal is lost`);
    if (answer !== 'ok') return;
    if (!u.durable[PRIMARY]) throw new Error(`I2: update ${u.id} answered ok, not durable on P`);
    if (this.core.state.config.mode === 'async' || u.durable[SECONDARY]) return;
    for (const r of this.regionsOf(u)) {
      if (!this.journal.isAlwaysEvident(r))
        throw new Error(`R9: update ${u.id} answered ok, region ${r} not durably marked`);
    }
  }

  free(slot: number): void {
    const u = this.trackedIn(slot);
    if (u.freed) throw new Error(`slot ${slot} freed twice`);
    if (u.underWay[PRIMARY] || u.underWay[SECONDARY]) throw new Error(`slot ${slot} freed with I/O under way`);
    if (!u.isCopy && u.submitted && u.answer === null) throw new Error(`slot ${slot} freed without an answer`);
    u.freed = true;
    this.bySlot.delete(slot);
  }

  // --- inputs --------------------------------------------------------------------------------------------------------

  obtain(transaction: number, offset: number, length: number): number {
    const nextId = this.core.state.nextUpdateId;
    const result = this.core.obtain(transaction, offset, length, this.now);
    if (result >= 0) {
      const u = this.trackedIn(result);
      if (u.id !== nextId) throw new Error(`slot ${result} given out twice`);
      if (u.answer === null) this.unanswered.add(nextId);
    }
    this.checkEvidence();
    return result;
  }

  /** The device reports the pending item; `ok` false: with an error. */
  deliver(index: number, ok: boolean): void {
    const [p] = this.pending.splice(index, 1);
    if (p.kind === 'io') this.deliverIo(p.of, p.area, ok);
    else if (p.kind === 'flush') this.deliverFlush(p, ok);
    else this.deliverJournal(p, ok);
    this.checkEvidence();
  }

  private deliverIo(u: Tracked, area: Area, ok: boolean): void {
    const { config, primaryLost, secondaryAway } = this.core.state;
    u.underWay[area] = false;
    const fua =
      area === PRIMARY ? config.durableOnCompletion.primary && !u.isCopy : config.durableOnCompletion.secondary;
    const gone = area === PRIMARY ? primaryLost : secondaryAway;
    if (ok && !gone && fua) this.becameDurable(u, area);
    else if (ok && !gone) u.volatile[area] = true;
    if (!ok) this.epochEnded(area);
    this.core.completed(area, u.slot, u.id, ok, this.now);
  }

  private deliverFlush(p: Pending & { kind: 'flush' }, ok: boolean): void {
    if (!ok) this.epochEnded(p.device);
    else if (p.epoch === this.epoch[p.device]) {
      if (p.device === JOURNAL) this.journalFlushed(p.covers as JournalWrite[]);
      else {
        for (const u of p.covers as Tracked[]) this.becameDurable(u, p.device);
      }
    }
    this.core.flushed(p.device, ok, this.now);
  }

  private deliverJournal(p: JournalWrite, ok: boolean): void {
    if (!ok) this.epochEnded(JOURNAL);
    else if (this.core.state.config.durableOnCompletion.journal) this.journalDurable(p);
    else this.journalVolatile.push(p);
    if (p.kind === 'log') this.core.logWritten(p.index, ok, this.now);
    else this.core.pageWritten(p.group, ok, this.now);
  }

  deviceLost(device: Device): void {
    this.epochEnded(device);
    this.core.deviceLost(device, this.now);
    this.checkEvidence();
  }

  attachSecondary(): boolean {
    return this.core.attachSecondary();
  }

  pump(): void {
    this.core.pump(this.now);
    this.checkEvidence();
  }

  // --- what is durable -----------------------------------------------------------------------------------------------

  /** Writes that no flush has covered are lost; the flush in flight covers nothing (R4). */
  private epochEnded(device: Device): void {
    this.epoch[device]++;
    if (device === JOURNAL) this.journalVolatile = [];
    else for (const u of this.live()) u.volatile[device] = false;
  }

  private becameDurable(u: Tracked, area: Area): void {
    u.volatile[area] = false;
    u.durable[area] = true;
    if (!u.durable[PRIMARY] || !u.durable[SECONDARY]) return;
    for (const r of this.regionsOf(u)) {
      const inRegion = this.differing.get(r);
      if (u.isCopy) {
        // Every write that was over when the copy began is equal on both areas now.
        for (const other of inRegion?.values() ?? []) if (other.id < u.id) inRegion!.delete(other.id);
      }
      inRegion?.delete(u.id);
      if (inRegion?.size === 0) this.differing.delete(r);
    }
  }

  private journalFlushed(covered: JournalWrite[]): void {
    this.journalVolatile = this.journalVolatile.filter((w) => !covered.includes(w));
    for (const w of covered) this.journalDurable(w);
  }

  private journalDurable(w: JournalWrite): void {
    if (w.kind === 'log') this.journal.commitDurable(w.index);
    else this.journal.pageDurable(w.group);
  }

  /** I1. */
  checkEvidence(): void {
    for (const r of this.differing.keys()) {
      if (!this.journal.isAlwaysEvident(r)) {
        throw new Error(
          `I1: region ${r} may differ for update ${[...this.differing.get(r)!.keys()].join()}, without evidence`,
        );
      }
    }
  }

  get differingRegions(): number {
    return this.differing.size;
  }

  private live(): Tracked[] {
    const all = new Set<Tracked>(this.bySlot.values());
    for (const inRegion of this.differing.values()) for (const u of inRegion.values()) all.add(u);
    return [...all];
  }

  private trackedIn(slot: number): Tracked {
    return this.bySlot.get(slot) ?? this.track(slot);
  }

  private track(slot: number): Tracked {
    const { slots } = this.core.state;
    const u: Tracked = {
      slot,
      id: this.core.state.updateId(slot),
      start: slots.offset(slot),
      end: slots.offset(slot) + slots.length(slot),
      isCopy: false,
      underWay: [false, false],
      volatile: [false, false],
      durable: [false, false],
      answer: null,
      freed: false,
      submitted: false,
    };
    this.bySlot.set(slot, u);
    return u;
  }

  private regionsOf(u: Tracked): number[] {
    const size = this.core.state.config.regionBytes;
    const first = Math.floor(u.start / size);
    return Array.from({ length: Math.floor((u.end - 1) / size) - first + 1 }, (_, i) => first + i);
  }
}
