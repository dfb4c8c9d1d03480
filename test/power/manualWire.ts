import type { RawClock } from '../../src/base/clock.js';
import type { Wire } from '../../src/power/transport/wire.js';

/** A wire without a tty. It accepts each write at once; the test delivers the answers by `arrive`. */
export function manualWire(clock: RawClock): Wire & { sentAtNs: number[]; arrive(bytes: Uint8Array): void } {
  let take: (chunk: Uint8Array) => void = () => undefined;
  const sentAtNs: number[] = [];
  return {
    sentAtNs,
    arrive: (bytes) => take(bytes),
    write: () => {
      sentAtNs.push(clock.nowNs());
      return Promise.resolve(clock.nowNs());
    },
    onData: (listener) => {
      take = listener;
    },
    onLost: () => undefined,
    setLines: () => Promise.reject(new Error('not used')),
    close: () => Promise.resolve(),
  };
}
