/**
 * Submits the I/Os of the driver to the ring, and knows which are in flight. At a cut point it holds them back
 * (pointHold.ts), and submits them in their order afterwards.
 */
import type { IoRing } from '../blockdev/blockDevice.js';
import type { Core } from '../tracker/core/core.js';
import type { DeviceIndex } from '../tracker/core/devices.js';
import { IndexPool } from '../tracker/core/recordPool.js';
import type { PointHold } from './cutpoint/pointHold.js';
import type { DriverClock } from './driverClock.js';
import { deviceOf, IoCounts, OP, type DriverIo } from './driverIo.js';
import type { InFlight } from './replicationEngine.js';

export interface SubmissionParts {
  io: IoRing;
  clock: DriverClock;
  /** Called just before an I/O is pushed to the ring. */
  onSubmit: (kind: number, a: number, b: number, device: DeviceIndex, offsetBytes: number, lengthBytes: number) => void;
}

/** Completions that the core prefetches in one call. */
const PREFETCH_BATCH = 64;
/** Scratch memory of `prefetchReports`. */
const prefetchedSlots = new Int32Array(PREFETCH_BATCH);

export class Submissions {
  private readonly p: SubmissionParts;
  /** By tag, of the I/Os in the ring: kind and its two arguments. */
  readonly kind: Uint8Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
  private readonly isInRing: Uint8Array;
  private readonly tags: IndexPool;
  private readonly counts = new IoCounts();
  private armed: PointHold | null = null;

  constructor(parts: SubmissionParts) {
    this.p = parts;
    const { depth } = parts.io;
    this.tags = new IndexPool(depth);
    this.kind = new Uint8Array(depth);
    this.a = new Int32Array(depth);
    this.b = new Int32Array(depth);
    this.isInRing = new Uint8Array(depth);
  }

  /** The armed cut point; null: none. */
  get point(): PointHold | null {
    return this.armed;
  }

  /** The protocol is halted at a cut point: no update may be obtained. */
  get halted(): boolean {
    return this.armed !== null && this.armed.halted;
  }

  inFlight(): InFlight {
    return this.counts.now();
  }

  any(device: DeviceIndex): boolean {
    return this.counts.any(device);
  }

  armPoint(point: PointHold): void {
    this.armed = point;
  }

  /** Ends the cut point, reached or not, and submits what it held back. */
  releasePoint(): void {
    if (this.armed === null) return;
    const held = this.armed.end(this.counts.now());
    this.armed = null;
    this.p.clock.release();
    this.submitAll(held);
  }

  /** Submits the I/O that the point holds back for the moment of the power loss. */
  submitTarget(): void {
    if (this.armed !== null) this.submitAll(this.armed.takeTarget());
  }

  push(
    kind: number,
    a: number,
    b: number,
    op: DriverIo['op'],
    device: DeviceIndex,
    offsetBytes: number,
    lengthBytes: number,
    arenaOffset: number,
  ): void {
    const isHeld =
      this.armed !== null && !this.armed.admits({ kind, a, b, op, device, offsetBytes, lengthBytes, arenaOffset });
    if (!isHeld) this.submit(kind, a, b, op, device, offsetBytes, lengthBytes, arenaOffset);
  }

  /**
   * The core touches one record per completed write, spread over memory. It prefetches those of the ring's completions
   * 0 … n-1 together, before the driver reports them one by one.
   */
  prefetchReports(core: Core, n: number): void {
    const { io } = this.p;
    let count = 0;
    for (let i = 0; i < n; i++) {
      const tag = io.tag(i);
      if (this.kind[tag] !== OP.write) continue;
      prefetchedSlots[count++] = this.a[tag];
      if (count < PREFETCH_BATCH) continue;
      core.prefetch.reports(prefetchedSlots, count);
      count = 0;
    }
    core.prefetch.reports(prefetchedSlots, count);
  }

  /**
   * The driver has taken completion `i` of the ring. Returns its tag, whose `kind`, `a` and `b` stay until `push`.
   * Throws RangeError for a tag that is not in flight: the ring has broken its contract, and no state of the core can
   * be trusted.
   */
  ended(i: number): number {
    const tag = this.p.io.tag(i);
    if (this.isInRing[tag] !== 1) throw new RangeError(`completion has tag ${tag}: no I/O with this tag is in flight`);
    this.isInRing[tag] = 0;
    this.tags.give(tag);
    return tag;
  }

  /** Counts the I/O with this tag as ended, and reports it to the cut point. */
  report(i: number, tag: number, ok: boolean): void {
    const kind = this.kind[tag];
    const a = this.a[tag];
    const b = this.b[tag];
    this.counts.add(kind, deviceOf(kind, a, b), -1);
    this.armed?.ended(kind, a, b, ok, this.p.io.submittedNs(i), this.p.io.completedNs(i));
  }

  private submitAll(ios: readonly DriverIo[]): void {
    for (const io of ios)
      this.submit(io.kind, io.a, io.b, io.op, io.device, io.offsetBytes, io.lengthBytes, io.arenaOffset);
  }

  private submit(
    kind: number,
    a: number,
    b: number,
    op: DriverIo['op'],
    device: DeviceIndex,
    offsetBytes: number,
    lengthBytes: number,
    arenaOffset: number,
  ): void {
    this.p.onSubmit(kind, a, b, device, offsetBytes, lengthBytes);
    const tag = this.tags.take();
    this.kind[tag] = kind;
    this.a[tag] = a;
    this.b[tag] = b;
    this.isInRing[tag] = 1;
    this.counts.add(kind, device, 1);
    this.p.io.push(op, device, tag, offsetBytes, lengthBytes, arenaOffset);
  }
}
