/**
 * Attended time: the time in which an event loop actually ran (pure: the caller supplies the raw monotonic time). Every
 * deadline counts it. A process that is stopped (SIGSTOP, a VM snapshot, a long garbage collection, a busy host) finds
 * the answers waiting when it runs again, and must take them before it decides that a device is late.
 *
 *   raw       |--.--.--.--.------------- stopped -------------.--.--.--|
 *   attended  |--.--.--.--.-|                     | catch-up |.--.--.--|
 *
 * The loop looks at the clock regularly and says when the next look is due. A look that comes late adds only the
 * planned gap and a small allowance; the rest is a pause of the host and is reported. After a pause no attended time
 * passes for a short catch-up, so that threads and devices that were paused as well can deliver their answers.
 *
 * Attended time never goes back. It also passes on a host where every look is late: per look by the planned gap and the
 * allowance, less a fifth for catching up.
 */
export interface HostPause {
  /** Raw monotonic time of the last look before it. */
  atMs: number;
  /** How much later than planned the next look came. */
  ms: number;
}

export interface Attention {
  /** A look may be this much later than planned and still count in full. */
  allowanceMs: number;
  /** No attended time passes for so long after a pause. */
  catchUpMs: number;
}

/** Shorter pauses are subtracted as well, but not reported. */
export const REPORTED_MS = 100;

/** After a catch-up the next one begins only when this many times its length of attended time has passed. */
const CATCH_UP_EVERY = 4;

export class AttendedTime {
  private readonly attention: Attention;
  private readonly report: (pause: HostPause) => void;
  /** Raw time of the last look; null: none yet. */
  private lookedMs: number | null = null;
  private behindMs = 0;
  private meantMs = 0;
  private isHeld = false;
  private catchUpLeftMs = 0;
  private catchUpFromMs = -Infinity;

  constructor(attention: Attention, report: (pause: HostPause) => void = () => undefined) {
    this.attention = attention;
    this.report = report;
  }

  /** The next look is planned after `ms`, or earlier. */
  rest(ms: number): void {
    this.meantMs = Math.max(0, ms);
  }

  /** A look at the clock: returns the attended time, which is the raw time less all pauses and catch-ups. */
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

  /** The loop starts again after a time in which no look was planned: that time is subtracted and is no pause. */
  begin(nowMs: number): void {
    if (this.lookedMs !== null) this.behindMs += Math.max(0, nowMs - this.lookedMs);
    this.lookedMs = nowMs;
    this.meantMs = 0;
  }

  /** No attended time passes until `release`. */
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
