/**
 * The core's clock: attended time of the thread that looks at the ring. It stands still with the protocol at a cut point,
 * so that no deadline passes for want of an I/O that is held back, and counts no time in which the thread stood still.
 */
import { AttendedTime, type HostPause } from '../base/attendedTime.js';
import { NS_PER_MS } from '../base/clock.js';

/**
 * A thread that is ready to run waits so long for a processor on a busy host. Less would stretch every deadline there: a
 * thread that is late by 100 ms in each round finds a hung device after twice its time.
 */
const ALLOWANCE_MS = 50;
/** What has completed while all stood still is handed over by kernel and devices within this time. */
const CATCH_UP_MS = 200;

export class DriverClock {
  private readonly time: AttendedTime;
  private readonly rawNowMs: () => number;

  /**
   * `rawNowMs`: default CLOCK_MONOTONIC, that of the ring's stamps and of the main thread's standstills. `ackTimeoutMs`: the
   * shortest deadline that is counted by it; a few late looks in a row must not use it up.
   */
  constructor(report?: (standstill: HostPause) => void, rawNowMs?: () => number, ackTimeoutMs = Infinity) {
    this.time = new AttendedTime(
      { allowanceMs: Math.min(ALLOWANCE_MS, ackTimeoutMs / 4), catchUpMs: CATCH_UP_MS },
      report,
    );
    this.rawNowMs = rawNowMs ?? ((): number => Number(process.hrtime.bigint()) / NS_PER_MS);
  }

  get nowMs(): number {
    return this.time.look(this.rawNowMs());
  }

  /** A loop begins: since the last one ended nobody was meant to look at the ring. */
  begin(): void {
    this.time.begin(this.rawNowMs());
  }

  /** The ring is waited for; the next look comes after so long at most. */
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
