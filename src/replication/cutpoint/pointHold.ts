/**
 * Halts the protocol at a named point until the power is gone: a relay takes milliseconds, the protocol microseconds.
 *
 *   waiting ──trigger──► escorting ──its writes completed──► halted ──power lost, stop, disarm──► over
 *                  └──────(no writes to wait for)──────────────┘
 *
 * Promises: while halted, the driver submits nothing but the I/O of the point, at its time. I/O in flight ends by
 * itself, and the driver reports it to the core. Afterwards the I/Os held back are submitted in their order; none is
 * lost. The driver stops the clock of the core meanwhile, so that no deadline passes because of an I/O that is held
 * back. Not promised: that the point is reached; the caller that arms it bounds the wait.
 */
import { AREA_NAMES } from '../../base/areas.js';
import type { LogCommit } from '../../tracker/core/transactionLog.js';
import { kindName, OP, OP_KINDS, type DriverIo } from '../driverIo.js';
import type { InFlight, PointArm, PointEvent, PointSubject } from '../replicationEngine.js';
import { POINT_TRIGGERS, type PointTrigger, type PointView } from './pointTriggers.js';

/** Weight of the newest I/O in the smoothed latency of its kind. */
const TYPICAL_WEIGHT = 1 / 8;

export interface PointParts {
  arm: PointArm;
  core: PointView['core'];
  /** Id and range of the update or copy of each slot. */
  targets: { updateId(slot: number): number; offset(slot: number): number; length(slot: number): number };
  nowMs: number;
  /** CLOCK_MONOTONIC. */
  nowNs: () => number;
  report: (event: PointEvent) => void;
  /** The expected time of the power loss, in ns; null: not known yet. */
  powerLossNs: () => number | null;
}

export class PointHold {
  readonly trigger: PointTrigger;
  readonly view: PointView;
  private readonly p: PointParts;
  private readonly armsAtMs: number;
  private state: 'waiting' | 'escorting' | 'halted' | 'over' = 'waiting';
  private armed = false;
  private readonly held: DriverIo[] = [];
  private target: DriverIo | null = null;
  private subject: PointSubject | null = null;
  /** Areas whose write the point waits for. */
  private readonly escorted = new Set<number>();
  /** By kind: latency of an I/O in ns, smoothed. */
  private readonly typicalNs = new Float64Array(OP_KINDS);
  private outstanding = 0;
  private sentNs: number | null = null;
  private endedNs: number | null = null;
  private failed = false;

  constructor(parts: PointParts) {
    this.p = parts;
    this.trigger = POINT_TRIGGERS[parts.arm.at];
    this.armsAtMs = parts.nowMs + parts.arm.afterMs;
    this.view = {
      core: parts.core,
      isAfterJournal: false,
      armedForMs: 0,
      areas: parts.arm.areas,
      pagesSeen: new Map(),
      lastPage: null,
      commits: new Map(),
      release: null,
    };
  }

  /** While halted the core decides nothing and takes no update. */
  get halted(): boolean {
    return this.state === 'halted';
  }

  /** The caller reports that time has passed. Returns true if the point becomes active now. */
  tick(nowMs: number): boolean {
    this.view.armedForMs = nowMs - this.armsAtMs;
    if (this.armed || nowMs < this.armsAtMs) return false;
    this.armed = true;
    return true;
  }

  /** A commit is about to be written. */
  commitSealed(commit: LogCommit): void {
    this.view.commits.set(commit.index, commit);
  }

  /** Whether the I/O may go to the ring now; otherwise it is held back here. */
  admits(io: DriverIo): boolean {
    if (this.state === 'over' || !this.armed) return true;
    if (this.state === 'waiting') {
      if (!this.trigger.stopsAt(io, this.view)) return true;
      this.stopAt(io);
    }
    if (this.state === 'escorting' && this.isEscorted(io)) return true;
    this.held.push(io);
    return false;
  }

  /** The phase is about to end. Returns whether it halts at its cut point instead. */
  atEnd(): boolean {
    if (this.state === 'waiting' && this.armed && this.trigger.haltsAtEnd?.(this.view) === true) {
      this.subject = this.subjectOf(this.trigger.subject!(this.view));
      this.halt();
    }
    return this.halted;
  }

  /** An I/O has ended. */
  ended(kind: number, a: number, b: number, ok: boolean, submittedNs: number, completedNs: number): void {
    if (ok) this.typicalNs[kind] += (completedNs - submittedNs - this.typicalNs[kind]) * TYPICAL_WEIGHT;
    if (this.target === null) return;
    if (this.state === 'escorting' && kind === OP.write && a === this.target.a) {
      this.escorted.delete(b);
      // The area failed by itself: the disks cannot reach the state of this point any more.
      if (!ok) this.state = 'over';
      else if (this.escorted.size === 0) this.halt();
    } else if (this.outstanding > 0 && kind === this.target.kind && a === this.target.a) {
      this.outstanding--;
      this.sentNs = Math.min(this.sentNs ?? submittedNs, submittedNs);
      if (!ok) this.failed = true;
      if (this.outstanding === 0) this.endedNs = completedNs;
    }
  }

  /** Time until the I/O of the point is due, in ns; Infinity: no time is set for it. */
  dueInNs(): number {
    const waits = this.state === 'halted' && !this.trigger.held && this.sentNs === null;
    const powerLossNs = waits ? this.p.powerLossNs() : null;
    if (powerLossNs === null) return Infinity;
    // Half a latency earlier: this gives the best chance that the power goes while the I/O is in flight.
    return Math.max(0, powerLossNs - this.typicalNs[this.target!.kind] / 2 - this.p.nowNs());
  }

  /** Takes the I/Os of the point (a log commit has several); the caller submits them at once. */
  takeTarget(): DriverIo[] {
    const isTarget = (io: DriverIo): boolean => io.kind === this.target!.kind && io.a === this.target!.a;
    const own = this.held.filter(isTarget);
    const others = this.held.filter((io) => !isTarget(io));
    this.held.splice(0, this.held.length, ...others);
    this.outstanding = own.length;
    this.sentNs = this.p.nowNs();
    return own;
  }

  /** Ends the point, reached or not. Returns the I/Os held back, in order. */
  end(inFlight: InFlight): DriverIo[] {
    if (this.state === 'halted') {
      const { sentNs, endedNs } = this;
      this.p.report({
        type: 'ended',
        atNs: this.p.nowNs(),
        sentNs,
        endedNs,
        ok: endedNs !== null && !this.failed,
        inFlight,
      });
    }
    this.state = 'over';
    return this.held.splice(0);
  }

  get isOver(): boolean {
    return this.state === 'over';
  }

  private stopAt(io: DriverIo): void {
    this.target = io;
    this.subject = this.subjectOf(this.trigger.subject?.(this.view) ?? io);
    for (const area of this.trigger.completes ?? []) this.escorted.add(area);
    if (this.escorted.size === 0) this.halt();
    else this.state = 'escorting';
  }

  private isEscorted(io: DriverIo): boolean {
    return io.kind === OP.write && io.a === this.target!.a && this.escorted.has(io.b);
  }

  private halt(): void {
    this.state = 'halted';
    const { arm, report, nowNs } = this.p;
    report({ type: 'reached', at: arm.at, held: this.trigger.held, atNs: nowNs(), subject: this.subject! });
  }

  private subjectOf(io: DriverIo): PointSubject {
    const { targets } = this.p;
    const ofSlot = io.kind === OP.write || io.kind === OP.copyRead || io.kind === OP.copyWrite;
    return {
      kind: kindName(io.kind),
      area: AREA_NAMES[io.device],
      updateId: io.kind === OP.write ? targets.updateId(io.a) : 0,
      offsetBytes: ofSlot ? targets.offset(io.a) : io.offsetBytes,
      lengthBytes: ofSlot ? targets.length(io.a) : io.lengthBytes,
    };
  }
}
