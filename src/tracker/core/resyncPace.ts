/**
 * When resync may start copies. While the application writes, resync works in turns: it copies `turnBytes`, then rests
 * so long that its turns take `minShare` of the time. Without writes it rests never. `maxBytesPerSecond` holds always.
 * Pacing only delays copies: it never ends resync.
 */
import type { ResyncConfig } from './config.js';

/** The application counts as writing until this long after its last update: a pause between two writes is short. */
const WRITES_ENDED_MS = 100;
/** Credit that a pause may save up: the rate holds over this time. */
const CREDIT_MS = 50;

export class ResyncPace {
  private readonly config: ResyncConfig;
  private readonly bytesPerMs: number;
  private obtainedSeen = 0;
  private wroteMs = -Infinity;
  /** A turn has begun and its copies have not ended; -1: no turn. */
  private turnMs = -1;
  private restUntilMs = -Infinity;
  /** Bytes; negative: more was started than the rate allows until now. */
  private credit = 0;
  private creditMs = -Infinity;

  constructor(config: ResyncConfig) {
    this.config = config;
    this.bytesPerMs = config.maxBytesPerSecond / 1000;
  }

  /** Resync gives way to the application. */
  get yields(): boolean {
    return this.config.minShare < 1 && this.wroteMs !== -Infinity;
  }

  /**
   * Bytes that may be started now; the last copy may exceed them. `obtained`, `inFlight`: updates so far, and now;
   * `copying`: copies whose I/O is not over.
   */
  allowance(obtained: number, inFlight: number, copying: number, nowMs: number): number {
    const turn = this.turnAllowance(obtained, inFlight, copying, nowMs);
    if (this.bytesPerMs === 0) return turn;
    this.credit = Math.min(CREDIT_MS * this.bytesPerMs, this.credit + (nowMs - this.creditMs) * this.bytesPerMs);
    this.creditMs = nowMs;
    return this.credit > 0 ? Math.min(turn, this.credit) : 0;
  }

  started(bytes: number, nowMs: number): void {
    if (this.turnMs < 0) this.turnMs = nowMs;
    if (this.bytesPerMs > 0) this.credit -= bytes;
  }

  private turnAllowance(obtained: number, inFlight: number, copying: number, nowMs: number): number {
    const { minShare, turnBytes } = this.config;
    if (minShare === 1) return Infinity;
    if (inFlight > 0 || obtained !== this.obtainedSeen) this.wroteMs = nowMs;
    else if (nowMs - this.wroteMs >= WRITES_ENDED_MS) this.wroteMs = -Infinity;
    this.obtainedSeen = obtained;
    if (!this.yields) {
      this.turnMs = -1;
      return Infinity;
    }
    if (copying > 0) return 0;
    if (this.turnMs >= 0) {
      this.restUntilMs = nowMs + ((nowMs - this.turnMs) * (1 - minShare)) / minShare;
      this.turnMs = -1;
    }
    return nowMs < this.restUntilMs ? 0 : turnBytes;
  }
}
