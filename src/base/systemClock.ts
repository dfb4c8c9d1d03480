/**
 * The attended time of an event loop (see attendedTime.ts), kept by a heartbeat, and deadlines in it.
 *
 * Promises of `after`: it calls back only when so much attended time has passed and the loop has delivered what had
 * arrived by then (a timer of Node fires before the loop reads anything). Does not keep a process alive by itself.
 */
import { AttendedTime, type HostPause } from './attendedTime.js';
import { NS_PER_MS, type Clock } from './clock.js';

export interface AttendedClock {
  /** Monotonic ms less all standstills; for differences only. */
  nowMs(): number;
  /** Calls `fn` once after so much attended time; returns what cancels it. */
  after(ms: number, fn: () => void): () => void;
  /** Told as soon as the loop looks again; returns what ends it. */
  onPause(listener: (standstill: HostPause) => void): () => void;
}

/** Fine beside every deadline, and no load. */
const HEARTBEAT_MS = 20;
/** What a busy host costs a timer now and then. */
const ALLOWANCE_MS = 100;
/** Threads and devices that stood still as well need their turn: tens of milliseconds on a busy host. */
const CATCH_UP_MS = 200;

/** Node takes longer ones for 1 ms. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** CLOCK_MONOTONIC. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / NS_PER_MS;
}

class LoopClock implements AttendedClock {
  private readonly listeners = new Set<(standstill: HostPause) => void>();
  private readonly time = new AttendedTime({ allowanceMs: ALLOWANCE_MS, catchUpMs: CATCH_UP_MS }, (standstill) => {
    for (const listener of this.listeners) listener(standstill);
  });
  private heartbeat: NodeJS.Timeout | null = null;

  nowMs(): number {
    this.heartbeat ??= setInterval(() => this.nowMs(), HEARTBEAT_MS).unref();
    const nowMs = this.time.look(monotonicMs());
    this.time.rest(HEARTBEAT_MS);
    return nowMs;
  }

  after(ms: number, fn: () => void): () => void {
    const dueMs = this.nowMs() + Math.max(0, ms);
    let cancelled = false;
    let timer: NodeJS.Timeout;
    let turn: NodeJS.Immediate | undefined;
    const arm = (): void => {
      timer = setTimeout(check, Math.min(TIMER_MS_MAX, Math.ceil(dueMs - this.nowMs())));
    };
    const check = (): void => {
      const isDue = this.nowMs() >= dueMs;
      // A listener that was told of a standstill may have cancelled it.
      if (cancelled) return;
      if (isDue) turn = setImmediate(fn);
      else arm();
    };
    arm();
    return () => {
      cancelled = true;
      clearTimeout(timer);
      clearImmediate(turn);
    };
  }

  onPause(listener: (standstill: HostPause) => void): () => void {
    this.nowMs();
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** Of the thread that imports it. */
export const attended: AttendedClock = new LoopClock();

/** The clock of the host. */
export const systemClock: Clock = {
  nowNs: () => Number(process.hrtime.bigint()),
  nowMs: () => Number(process.hrtime.bigint()) / NS_PER_MS,
  timer(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
  after: (ms, then) => attended.after(ms, then),
  onPause: (listener) => attended.onPause(listener),
  wallMs: () => Date.now(),
};
