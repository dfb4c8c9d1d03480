/**
 * Halts the protocol at a named point until the power is gone: a relay takes milliseconds, the protocol microseconds.
 *
 *   waiting ──trigger──► completing ──its writes completed──► halted ──power lost, stop, disarm──► over
 *                  └───────(no writes to wait for)──────────────┘
 *
 * `completing`: the state that the point names includes completed writes; the driver submits them and waits for them.
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
  private state: 'waiting' | 'completing' | 'halted' | 'over' = 'waiting';
  private active = false;
  private readonly heldBack: DriverIo[] = [];
  private target: DriverIo | null = null;
  private subject: PointSubject | null = null;
  /** Areas whose write the point waits for. */
  private readonly completing = new Set<number>();
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

  /** While it is true, the driver does not call the core's `pump`, and the core takes no update. */
  get halted(): boolean {
    return this.state === 'halted';
  }

  /** The caller reports that time has passed. Returns true if the point becomes active now. */
  tick(nowMs: number): boolean {
    this.view.armedForMs = nowMs - this.armsAtMs;
    if (this.active || nowMs < this.armsAtMs) return false;
    this.active = true;
    return true;
  }

  /** Notes a commit before it is written. */
  commitSealed(commit: LogCommit): void {
    this.view.commits.set(commit.index, commit);
  }

  /**
   * Decides whether the I/O may go to the ring now. The protocol may halt at this I/O; an I/O that may not go is kept.
   */
  admits(io: DriverIo): boolean {
    if (this.state === 'over' || !this.active) return true;
    if (this.state === 'waiting') {
      if (!this.trigger.stopsAt(io, this.view)) return true;
      this.stopAt(io);
    }
    if (this.state === 'completing' && this.isCompleting(io)) return true;
    this.heldBack.push(io);
    return false;
  }

  /** The phase is about to end. Returns whether it halts at its cut point instead. */
  atEnd(): boolean {
    if (this.state === 'waiting' && this.active && this.trigger.haltsAtEnd?.(this.view) === true) {
      this.subject = this.subjectOf(this.trigger.subject!(this.view));
      this.halt();
    }
    return this.halted;
  }

  /** An I/O has ended. */
  ended(kind: number, a: number, b: number, ok: boolean, submittedNs: number, completedNs: number): void {
    if (ok) this.typicalNs[kind] += (completedNs - submittedNs - this.typicalNs[kind]) * TYPICAL_WEIGHT;
    if (this.target === null) return;
    if (this.state === 'completing' && kind === OP.write && a === this.target.a) {
      this.completing.delete(b);
      // The area failed by itself: the disks cannot reach the state of this point any more.
      if (!ok) this.state = 'over';
      else if (this.completing.size === 0) this.halt();
    } else if (this.outstanding > 0 && kind === this.target.kind && a === this.target.a) {
      this.outstanding--;
      this.sentNs = Math.min(this.sentNs ?? submittedNs, submittedNs);
      if (!ok) this.failed = true;
      if (this.outstanding === 0) this.endedNs = completedNs;
    }
  }

  /** Time until the I/O of the point is due, in ns; Infinity: none is waiting, or no time is set for it. */
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
    const own = this.heldBack.filter(isTarget);
    const others = this.heldBack.filter((io) => !isTarget(io));
    this.heldBack.splice(0, this.heldBack.length, ...others);
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
    return this.heldBack.splice(0);
  }

  get isOver(): boolean {
    return this.state === 'over';
  }

  private stopAt(io: DriverIo): void {
    this.target = io;
    this.subject = this.subjectOf(this.trigger.subject?.(this.view) ?? io);
    for (const area of this.trigger.completes ?? []) this.completing.add(area);
    if (this.completing.size === 0) this.halt();
    else this.state = 'completing';
  }

  private isCompleting(io: DriverIo): boolean {
    return io.kind === OP.write && io.a === this.target!.a && this.completing.has(io.b);
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
