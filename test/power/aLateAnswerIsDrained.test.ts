/** With a clock in the test's hand: an answer that comes after its timeout is gone before the next frame is sent. */

import { expect, it } from 'vitest';
import { Session } from '../../src/power/boards/session.js';
import type { Clock } from '../../src/power/clock.js';
import { echoReply } from '../../src/power/language/reply.js';
import type { Wire } from '../../src/power/transport/wire.js';

/** Time that passes only when told to, timer by timer. */
class HandClock implements Clock {
  #nowMs = 0;
  #timers: { atMs: number; then: () => void }[] = [];

  nowNs(): number {
    return this.#nowMs * 1e6;
  }

  after(delayMs: number, then: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, then };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  async advanceTo(atMs: number): Promise<void> {
    for (;;) {
      // Promises that hang on the last timer set the next one.
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = this.#timers.filter((timer) => timer.atMs <= atMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = next.atMs;
      next.then();
    }
    this.#nowMs = atMs;
  }
}

it('the second frame waits for silence, and the late echo of the first is not its answer', async () => {
  const clock = new HandClock();
  const sentAtMs: number[] = [];
  let arrive: (chunk: Uint8Array) => void = () => undefined;
  const wire: Wire = {
    write: () => {
      sentAtMs.push(clock.nowNs() / 1e6);
      return Promise.resolve(clock.nowNs());
    },
    onData: (listener) => {
      arrive = listener;
    },
    onLost: () => undefined,
    setLines: () => Promise.reject(new Error('not used')),
    close: () => Promise.resolve(),
  };
  const session = new Session(wire, clock, { board: 'slow', gapMs: 0, quietMs: 20 }, () => undefined);
  const frame = Uint8Array.of(0x41, 0x42);
  const exchange = (): Promise<string> =>
    session.exchange({ send: frame, expect: [echoReply(frame)], refused: [], timeoutMs: 50 }).then(
      () => 'answered',
      (error: unknown) => (error as { code: string }).code,
    );

  const first = exchange();
  await clock.advanceTo(50);
  expect(await first).toBe('BOARD_MUTE');
  const second = exchange();
  await clock.advanceTo(60);
  arrive(frame);
  await clock.advanceTo(200);
  expect(await second).toBe('BOARD_MUTE');
  // Late echo at 60 ms, then 30 ms of silence.
  expect(sentAtMs).toEqual([0, 90]);
});
