/**
 * The bench discards an answer that arrives after its timeout, before it sends the next frame. The test drives the
 * clock.
 */

import { expect, it } from 'vitest';
import { BoardConnection } from '../../src/power/boards/connection.js';
import { echoReply } from '../../src/power/language/reply.js';
import { ManualClock } from './manualClock.js';
import { manualWire } from './manualWire.js';

it('the bench sends the second frame once the line is quiet, and the late echo of the first does not answer it', async () => {
  const clock = new ManualClock();
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
  // The late echo arrives at 60 ms; 30 ms without bytes follow.
  expect(wire.sentAtNs).toEqual([0, 90e6]);
});
