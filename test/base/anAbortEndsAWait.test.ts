/** Which time each wait counts, and that an abort ends it at once. */
import { expect, it } from 'vitest';
import { delayOr, untilOr } from '../../src/base/clock.js';

/** Records which way to wait is used, and for how long; the test fires it. */
function notingClock() {
  const asked: string[] = [];
  const canceled: string[] = [];
  let fire = (): void => undefined;
  const wait =
    (way: string) =>
    (ms: number, then: () => void): (() => void) => {
      asked.push(`${way} ${ms}`);
      fire = then;
      return () => canceled.push(way);
    };
  return {
    clock: { nowNs: () => 5e6, timer: wait('timer'), after: wait('after') },
    asked,
    canceled,
    fire: () => fire(),
  };
}

it.each([
  ['delayOr counts attended time', 'after 20', (c, s) => delayOr(c.clock, 20, s)],
  ['untilOr counts raw time, rounded up', 'timer 3', (c, s) => untilOr(c.clock, 7.5e6, s)],
] as [string, string, (c: ReturnType<typeof notingClock>, signal: AbortSignal) => Promise<void>][])(
  '%s',
  async (_what, asked, wait) => {
    const { signal } = new AbortController();
    const noting = notingClock();
    const waiting = wait(noting, signal);
    expect(noting.asked).toEqual([asked]);
    noting.fire();
    await waiting;
    const aborted = notingClock();
    const controller = new AbortController();
    const ended = wait(aborted, controller.signal);
    controller.abort();
    await ended;
    expect(aborted.canceled).toEqual([asked.split(' ')[0]]);
  },
);
