/**
 * After a pause the bench reads pending bytes before it reports a timeout: the answer may have arrived during the
 * pause. The test drives the clock.
 */

import { expect, it } from 'vitest';
import { BoardConnection } from '../../src/power/boards/connection.js';
import { compileReply, echoReply, type ReplyPattern } from '../../src/power/language/reply.js';
import { toHex } from '../../src/power/hex.js';
import { manualWire } from './manualWire.js';
import { ManualClock } from './manualClock.js';

const TIMEOUT_MS = 50;
const QUIET_MS = 20;
const FRAME = Uint8Array.of(0x41, 0x42);
/** An answer of one byte without a header or a checksum. It is complete when the line is quiet after it. */
const BARE_BYTE = compileReply('{states}', { channels: 8 });

function ask(expect: ReplyPattern) {
  const clock = new ManualClock();
  const wire = manualWire(clock);
  const session = new BoardConnection(wire, clock, { board: 'any', gapMs: 0, quietMs: QUIET_MS }, () => undefined);
  const answer = session.exchange({ send: FRAME, expect: [expect], refused: [], timeoutMs: TIMEOUT_MS }).then(
    ({ received }) => toHex(received),
    (error: unknown) => (error as { code: string }).code,
  );
  return { clock, wire, answer };
}

it('an answer that arrives while the process is paused is accepted, however late it is read', async () => {
  const { clock, wire, answer } = ask(echoReply(FRAME));
  await clock.stallTo(TIMEOUT_MS + 400);
  wire.arrive(FRAME.subarray(0, 1));
  wire.arrive(FRAME.subarray(1));
  expect(await answer).toBe('41 42');
});

it('time in which the process is paused does not count as a quiet line', async () => {
  const { clock, wire, answer } = ask(BARE_BYTE);
  await clock.advanceTo(1);
  wire.arrive(Uint8Array.of(0x00));
  await clock.stallTo(1 + QUIET_MS + 15);
  wire.arrive(Uint8Array.of(0xff));
  await clock.advanceTo(400);
  expect(await answer).toBe('BOARD_GARBAGE');
});

it('a board that never answers is reported as BOARD_MUTE even if the process is paused at every timer', async () => {
  const { clock, answer } = ask(echoReply(FRAME));
  for (let n = 1; n <= 10; n++) await clock.stallTo(n * 2 * TIMEOUT_MS);
  expect(await Promise.race([answer, Promise.resolve('still waiting')])).toBe('BOARD_MUTE');
});
