/**
 * Stops the protocol at a named point until the power is gone: a relay takes milliseconds, the protocol microseconds.
 *
 *   waiting ──trigger──► escorting ──its writes completed──► standing ──power lost, stop, disarm──► over
 *                  └──────(no writes to wait for)──────────────┘
 *
 * Promises: while it stands nothing is handed to the ring but the point's own I/O at its time; what is in flight ends
 * by itself and is told to the core; what was kept back goes out in its order afterwards, none is lost. Whoever drives
 * it keeps the core's clock still meanwhile, so that no deadline passes for want of an I/O that was kept back.
 * Not promised: that the point is ever reached; whoever arms it has a bound.
 */
import { AREA_NAMES } from '../../base/areas.js';
import type { LogCommit } from '../../tracker/core/transactionLog.js';
import type { DriverIo } from '../driverIo.js';
import { kindName, OP, OP_KINDS } from '../driverIo.js';
import type { InFlight, PointArm, PointEvent, PointSubject } from '../replicationEngine.js';
import type { PointTrigger, PointView } from './pointTriggers.js';
import { POINT_TRIGGERS } from './pointTriggers.js';

/** Weight of the newest I/O in what one of its kind typically takes. */
const TYPICAL_WEIGHT = 1 / 8;

export interface PointParts {
  arm: PointArm;
  core: PointView['core'];
  /** Where an update or copy goes, by its slot. */
  targets: { updateId(slot: number): number; offset(slot: number): number; length(slot: number): number };
  nowMs: number;
  /** CLOCK_MONOTONIC. */
  nowNs: () => number;
  tell: (event: PointEvent) => void;
  /** When the power is expected to go, in ns; null: not said yet. */
  feltNs: () => number | null;
}

export class PointHold {
  readonly trigger: PointTrigger;
  readonly view: PointView;
  private readonly p: PointParts;
  private readonly armsAtMs: number;
  private state: 'waiting' | 'escorting' | 'standing' | 'over' = 'waiting';
  private armed = false;
  private readonly kept: DriverIo[] = [];
  private target: DriverIo | null = null;
  private subject: PointSubject | null = null;
  /** Escorted writes that have not completed, by area. */
  private readonly escorted = new Set<number>();
  /** By kind: what an I/O takes, in ns, smoothed. */
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
      journalSpoke: false,
      armedForMs: 0,
      areas: parts.arm.areas,
      pagesSeen: new Map(),
      lastPage: null,
      commits: new Map(),
      release: null,
    };
  }

  /** Nothing may be decided or obtained. */
  get standing(): boolean {
    return this.state === 'standing';
  }

  /** Time passes; true when the point has just been armed. */
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

  /** Whether the I/O may go to the ring now; otherwise it is kept. */
  admits(io: DriverIo): boolean {
    if (this.state === 'over' || !this.armed) return true;
    if (this.state === 'waiting') {
      if (!this.trigger.stopsAt(io, this.view)) return true;
      this.stopAt(io);
    }
    if (this.state === 'escorting' && this.isEscorted(io)) return true;
    this.kept.push(io);
    return false;
  }

  /** The work would end now; returns whether it stands at its point instead. */
  atEnd(): boolean {
    if (this.state === 'waiting' && this.armed && this.trigger.standsAtEnd?.(this.view) === true) {
      this.subject = this.subjectOf(this.trigger.subject!(this.view));
      this.stand();
    }
    return this.standing;
  }

  /** An I/O is over. */
  ended(kind: number, a: number, b: number, ok: boolean, submittedNs: number, completedNs: number): void {
    if (ok) this.typicalNs[kind] += (completedNs - submittedNs - this.typicalNs[kind]) * TYPICAL_WEIGHT;
    if (this.target === null) return;
    if (this.state === 'escorting' && kind === OP.write && a === this.target.a) {
      this.escorted.delete(b);
      // Its area failed by itself: the state named will not come.
      if (!ok) this.state = 'over';
      else if (this.escorted.size === 0) this.stand();
    } else if (this.outstanding > 0 && kind === this.target.kind && a === this.target.a) {
      this.outstanding--;
      this.sentNs = Math.min(this.sentNs ?? submittedNs, submittedNs);
      if (!ok) this.failed = true;
      if (this.outstanding === 0) this.endedNs = completedNs;
    }
  }

  /** Until the point's own I/O is due, in ns; Infinity: not timed. */
  dueInNs(): number {
    const waits = this.state === 'standing' && !this.trigger.held && this.sentNs === null;
    const feltNs = waits ? this.p.feltNs() : null;
    if (feltNs === null) return Infinity;
    // Half of what it takes before: the best chance that the power goes while it is on its way.
    return Math.max(0, feltNs - this.typicalNs[this.target!.kind] / 2 - this.p.nowNs());
  }

  /** The point's own I/O (a log commit is several), to be handed to the ring at once. */
  takeTarget(): DriverIo[] {
    const isTarget = (io: DriverIo): boolean => io.kind === this.target!.kind && io.a === this.target!.a;
    const own = this.kept.filter(isTarget);
    const others = this.kept.filter((io) => !isTarget(io));
    this.kept.splice(0, this.kept.length, ...others);
    this.outstanding = own.length;
    this.sentNs = this.p.nowNs();
    return own;
  }

  /** It is over, reached or not: what was kept back, in order. */
  end(inFlight: InFlight): DriverIo[] {
    if (this.state === 'standing') {
      const { sentNs, endedNs } = this;
      this.p.tell({
        type: 'ended',
        atNs: this.p.nowNs(),
        sentNs,
        endedNs,
        ok: endedNs !== null && !this.failed,
        inFlight,
      });
    }
    this.state = 'over';
    return this.kept.splice(0);
  }

  get isOver(): boolean {
    return this.state === 'over';
  }

  private stopAt(io: DriverIo): void {
    this.target = io;
    this.subject = this.subjectOf(this.trigger.subject?.(this.view) ?? io);
    for (const area of this.trigger.completes ?? []) this.escorted.add(area);
    if (this.escorted.size === 0) this.stand();
    else this.state = 'escorting';
  }

  private isEscorted(io: DriverIo): boolean {
    return io.kind === OP.write && io.a === this.target!.a && this.escorted.has(io.b);
  }

  private stand(): void {
    this.state = 'standing';
    const { arm, tell, nowNs } = this.p;
    tell({ type: 'reached', at: arm.at, held: this.trigger.held, atNs: nowNs(), subject: this.subject! });
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
