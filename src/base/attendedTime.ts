/**
 * Time in which a loop looked (pure: the caller brings the raw monotonic time). Every deadline counts in it, because
 * what nobody looked at can't be late: a process that is stopped (SIGSTOP, a VM snapshot, a long garbage collection, a
 * busy host) finds the answers waiting when it wakes, and must take them before it judges who is late.
 *
 *   raw       |--.--.--.--.------------- stopped -------------.--.--.--|
 *   attended  |--.--.--.--.-|                     | catch-up |.--.--.--|
 *
 * A look that comes later than meant adds only what was meant and a small allowance; the rest is a standstill and is
 * reported. After a standstill no time passes for a moment, so that threads and devices that stood still as well can
 * deliver what they have. Promises: attended time never goes back, and on a host that is always late it still passes, at
 * most by the factor that allowance and late looks give, and a fifth less for catching up.
 */
export interface HostPause {
  /** Raw monotonic time of the last look before it. */
  atMs: number;
  /** How much later than meant the next look came. */
  ms: number;
}

export interface Attention {
  /** A look may come so much later than meant and still count in full. */
  allowanceMs: number;
  /** So long no time passes after a standstill. */
  catchUpMs: number;
}

/** Shorter standstills are discounted, and not worth a record. */
export const REPORTED_MS = 100;

/** Catching up again takes so many times its length of attended time first. */
const CATCH_UP_EVERY = 4;

export class AttendedTime {
  private readonly attention: Attention;
  private readonly report: (standstill: HostPause) => void;
  /** Raw time of the last look; null: none yet. */
  private lookedMs: number | null = null;
  private behindMs = 0;
  private meantMs = 0;
  private isHeld = false;
  private catchUpLeftMs = 0;
  private catchUpFromMs = -Infinity;

  constructor(attention: Attention, report: (standstill: HostPause) => void = () => undefined) {
    this.attention = attention;
    this.report = report;
  }

  /** The next look is meant to come after so long, or earlier. */
  rest(ms: number): void {
    this.meantMs = Math.max(0, ms);
  }

  /** A look: returns the attended time, which is the raw time less all that is discounted. */
  look(nowMs: number): number {
    const lookedMs = this.lookedMs ?? nowMs;
    const gapMs = Math.max(0, nowMs - lookedMs);
    const lateMs = gapMs - this.meantMs;
    const passedMs = Math.min(gapMs, this.meantMs + this.attention.allowanceMs);
    this.meantMs = 0;
    this.lookedMs = lookedMs + gapMs;
    if (this.isHeld) this.behindMs += gapMs;
    else {
      if (passedMs < gapMs) this.beginCatchUp(lookedMs - this.behindMs);
      const caughtUpMs = Math.min(passedMs, this.catchUpLeftMs);
      this.catchUpLeftMs -= caughtUpMs;
      this.behindMs += gapMs - passedMs + caughtUpMs;
    }
    if (passedMs < gapMs && lateMs >= REPORTED_MS) this.report({ atMs: lookedMs, ms: lateMs });
    return this.lookedMs - this.behindMs;
  }

  /** The loop begins again after a time in which it was not meant to look: that time is discounted and no standstill. */
  begin(nowMs: number): void {
    if (this.lookedMs !== null) this.behindMs += Math.max(0, nowMs - this.lookedMs);
    this.lookedMs = nowMs;
    this.meantMs = 0;
  }

  /** No time passes until `release`. */
  hold(nowMs: number): void {
    this.look(nowMs);
    this.isHeld = true;
  }

  release(nowMs: number): void {
    this.look(nowMs);
    this.isHeld = false;
  }

  private beginCatchUp(attendedMs: number): void {
    if (attendedMs < this.catchUpFromMs) return;
    this.catchUpLeftMs = this.attention.catchUpMs;
    this.catchUpFromMs = attendedMs + CATCH_UP_EVERY * this.attention.catchUpMs;
  }
}
