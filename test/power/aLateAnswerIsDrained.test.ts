/** With a clock in the test's hand: an answer that comes after its timeout is gone before the next frame is sent. */

import { expect, it } from 'vitest';
import { BoardConnection } from '../../src/power/boards/connection.js';
import { echoReply } from '../../src/power/language/reply.js';
import { HandClock } from './manualClock.js';
import { manualWire } from './manualWire.js';

it('the second frame waits for a quiet line, and the late echo of the first is not its answer', async () => {
  const clock = new HandClock();
  const wire = manualWire(clock);
  const session = new BoardConnection(wire, clock, { board: 'slow', gapMs: 0, quietMs: 20 }, () => undefined);
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
  wire.arrive(frame);
  await clock.advanceTo(200);
  expect(await second).toBe('BOARD_MUTE');
  // Late echo at 60 ms, then 30 ms without bytes.
  expect(wire.sentAtNs).toEqual([0, 90e6]);
});
