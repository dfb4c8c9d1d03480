/**
 * The clock of the host, and the attended time of this thread's event loop (attendedTime.ts), which a heartbeat keeps.
 *
 * `after` calls back only when the attended time has passed and the loop has delivered all events that had arrived by
 * then. A plain timer does not do that: Node fires timers before it reads. The heartbeat does not keep the process
 * alive.
 */
import { AttendedTime, type HostPause } from './attendedTime.js';
import { NS_PER_MS, type Clock } from './clock.js';

export interface AttendedClock {
  /** Monotonic ms less all pauses; for differences only. */
  nowMs(): number;
  /** Calls `fn` once after `ms` of attended time; returns a function that cancels it. */
  after(ms: number, fn: () => void): () => void;
  /** Notifies of a pause as soon as the loop runs again; returns a function that removes the listener. */
  onPause(listener: (pause: HostPause) => void): () => void;
}

/** Short compared with every deadline, and no load. */
const HEARTBEAT_MS = 20;
/** A timer on a busy host may be this late without a pause. */
const ALLOWANCE_MS = 100;
/** Threads and devices that were paused as well need time to answer: tens of milliseconds on a busy host. */
const CATCH_UP_MS = 200;

/** Node fires a longer timer after 1 ms. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** CLOCK_MONOTONIC. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / NS_PER_MS;
}

class LoopClock implements AttendedClock {
  private readonly listeners = new Set<(pause: HostPause) => void>();
  private readonly time = new AttendedTime({ allowanceMs: ALLOWANCE_MS, catchUpMs: CATCH_UP_MS }, (pause) => {
    for (const listener of this.listeners) listener(pause);
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
    let canceled = false;
    let timer: NodeJS.Timeout;
    let turn: NodeJS.Immediate | undefined;
    const arm = (): void => {
      timer = setTimeout(check, Math.min(TIMER_MS_MAX, Math.ceil(dueMs - this.nowMs())));
    };
    const check = (): void => {
      const isDue = this.nowMs() >= dueMs;
      // A pause listener may have canceled it just now.
      if (canceled) return;
      if (isDue) turn = setImmediate(fn);
      else arm();
    };
    arm();
    return () => {
      canceled = true;
      clearTimeout(timer);
      clearImmediate(turn);
    };
  }

  onPause(listener: (pause: HostPause) => void): () => void {
    this.nowMs();
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** The attended clock of the thread that imports it. */
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
