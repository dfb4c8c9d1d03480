/**
 * Hands the driver's I/Os to the ring, and knows what is in flight. At a cut point it keeps them back (pointHold.ts), and
 * submits them in their order afterwards.
 */
import type { IoRing } from '../blockdev/blockDevice.js';
import type { DeviceIndex } from '../tracker/core/devices.js';
import { IndexPool } from '../tracker/core/recordPool.js';
import type { PointHold } from './cutpoint/pointHold.js';
import type { DriverClock } from './driverClock.js';
import { deviceOf, IoCounts, type DriverIo } from './driverIo.js';
import type { InFlight } from './replicationEngine.js';

export interface SubmissionParts {
  io: IoRing;
  clock: DriverClock;
  /** Called as an I/O is handed to the ring. */
  onSubmit: (kind: number, a: number, b: number, device: DeviceIndex, offsetBytes: number, lengthBytes: number) => void;
}

export class Submissions {
  private readonly p: SubmissionParts;
  /** Of the I/Os on the ring, by tag: kind and its two arguments. */
  readonly kind: Uint8Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
  private readonly tags: IndexPool;
  private readonly counts = new IoCounts();
  private held: PointHold | null = null;

  constructor(parts: SubmissionParts) {
    this.p = parts;
    const { depth } = parts.io;
    this.tags = new IndexPool(depth);
    this.kind = new Uint8Array(depth);
    this.a = new Int32Array(depth);
    this.b = new Int32Array(depth);
  }

  /** The armed cut point; null: none. */
  get point(): PointHold | null {
    return this.held;
  }

  /** The protocol is paused at a cut point: nothing new may be obtained. */
  get paused(): boolean {
    return this.held !== null && this.held.standing;
  }

  inFlight(): InFlight {
    return this.counts.now();
  }

  any(device: DeviceIndex): boolean {
    return this.counts.any(device);
  }

  armPoint(point: PointHold): void {
    this.held = point;
  }

  /** The point is over, reached or not: what was kept back is submitted. */
  releasePoint(): void {
    if (this.held === null) return;
    const kept = this.held.end(this.counts.now());
    this.held = null;
    this.p.clock.release();
    this.submitAll(kept);
  }

  /** Submits what the point kept back for this moment. */
  submitTarget(): void {
    if (this.held !== null) this.submitAll(this.held.takeTarget());
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
    const kept =
      this.held !== null && !this.held.admits({ kind, a, b, op, device, offsetBytes, lengthBytes, arenaOffset });
    if (!kept) this.submit(kind, a, b, op, device, offsetBytes, lengthBytes, arenaOffset);
  }

  /** Completion `i` of the ring has been taken; returns its tag, whose `kind`, `a` and `b` stay until the next `push`. */
  ended(i: number): number {
    const tag = this.p.io.tag(i);
    this.tags.give(tag);
    return tag;
  }

  /** The I/O with this tag is over for the counts and for the cut point. */
  report(i: number, tag: number, ok: boolean): void {
    const [kind, a, b] = [this.kind[tag], this.a[tag], this.b[tag]];
    this.counts.add(kind, deviceOf(kind, a, b), -1);
    this.held?.ended(kind, a, b, ok, this.p.io.submittedNs(i), this.p.io.completedNs(i));
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
    this.counts.add(kind, device, 1);
    this.p.io.push(op, device, tag, offsetBytes, lengthBytes, arenaOffset);
  }
}
