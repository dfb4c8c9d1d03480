/** The clock of the host. */
import { attended } from './attendedClock.js';
import { NS_PER_MS, type Clock } from './clock.js';

export const systemClock: Clock = {
  nowNs: () => Number(process.hrtime.bigint()),
  nowMs: () => Number(process.hrtime.bigint()) / NS_PER_MS,
  timer(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
  after: (ms, then) => attended.after(ms, then),
  onStandstill: (listener) => attended.onStandstill(listener),
  wallMs: () => Date.now(),
};
