/**
 * The clock of the core: the attended time of the thread that reaps the ring. It stops while the protocol is halted at
 * a cut point, so that no deadline passes while the driver holds I/O back. It does not count the time in which the
 * thread itself was paused.
 */
import { AttendedTime, type HostPause } from '../base/attendedTime.js';
import { NS_PER_MS } from '../base/clock.js';

/**
 * On a busy host a thread that is ready to run waits this long for a processor. A smaller allowance would stretch every
 * deadline there: a thread that is 100 ms late in each round would find a hung device after twice the deadline.
 */
const ALLOWANCE_MS = 50;
/** After a pause, kernel and devices deliver what has completed meanwhile within this time. */
const CATCH_UP_MS = 200;

/**
 * `performance.now` reads CLOCK_MONOTONIC too, from another origin. It makes no BigInt: the clock is read several times
 * in each round of the loops.
 */
const ORIGIN_MS = Number(process.hrtime.bigint()) / NS_PER_MS - performance.now();

export class DriverClock {
  private readonly time: AttendedTime;
  private readonly rawNowMs: () => number;

  /**
   * `rawNowMs`: default CLOCK_MONOTONIC, the clock of the ring's time stamps and of the main thread. `ackTimeoutMs`:
   * the shortest deadline that this clock counts. A quarter of it bounds the allowance: a few late rounds must not use
   * it up.
   */
  constructor(report?: (pause: HostPause) => void, rawNowMs?: () => number, ackTimeoutMs = Infinity) {
    this.time = new AttendedTime(
      { allowanceMs: Math.min(ALLOWANCE_MS, ackTimeoutMs / 4), catchUpMs: CATCH_UP_MS },
      report,
    );
    this.rawNowMs = rawNowMs ?? ((): number => performance.now() + ORIGIN_MS);
  }

  get nowMs(): number {
    return this.time.look(this.rawNowMs());
  }

  /** A loop starts. No thread reaped the ring since the last loop: this time does not count, and is no pause. */
  begin(): void {
    this.time.begin(this.rawNowMs());
  }

  /** The thread now waits for the ring; it reads this clock again after `ns` at the latest. */
  waits(ns: number): void {
    this.time.rest(ns / NS_PER_MS);
  }

  hold(): void {
    this.time.hold(this.rawNowMs());
  }

  release(): void {
    this.time.release(this.rawNowMs());
  }
}
