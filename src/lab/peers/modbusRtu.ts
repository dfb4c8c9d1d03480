/**
 * Modbus RTU relay boards: coils (01, 05, 0F), exceptions, and the board-timed pulses that Waveshare puts at coil
 * addresses 02xx (on) and 04xx (off), in 100 ms. A frame with a wrong CRC or for another unit gets no answer at all.
 */

import { z } from 'zod';
import { protocol } from './protocol.js';
import type { Relays } from './relays.js';

const options = z.strictObject({ address: z.number().int().min(1).max(247).default(1) });

/** A frame ends with 3.5 characters of silence: 4 ms at 9600 baud. What follows noise is heard after that. */
const SILENCE_MS = 3;
/** Longer than the specification's 1.5 characters: a pty delivers when the scheduler likes. */
const UNFINISHED_MS = 100;

const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;

type Outcome = number[] | { exception: number };

export const modbusRtu = protocol<z.infer<typeof options>>({
  channels: { min: 1, max: 32 },
  options,
  start(relays, { address }) {
    let frame: number[] = [];
    let deaf = false;
    let lastMs = 0;
    return {
      receive(chunk, nowMs) {
        if (nowMs - lastMs > (deaf ? SILENCE_MS : UNFINISHED_MS)) {
          frame = [];
          deaf = false;
        }
        lastMs = nowMs;
        if (deaf) return [];
        frame.push(...chunk);
        const answers: number[][] = [];
        while (frame.length >= 2 && !deaf) {
          const length = frameLength(frame);
          if (length === null || frame.length < length) break;
          const one = frame.splice(0, length);
          if (!crcHolds(one)) deaf = true;
          else if (one[0] === address) answers.push(withCrc(answerTo(one, relays, nowMs)));
        }
        return answers;
      },
    };
  },
});

/** Known from the function code; null: not enough has come. */
function frameLength(frame: number[]): number | null {
  if (frame[1] !== 0x0f) return 8;
  return frame.length < 7 ? null : 9 + frame[6];
}

function answerTo(frame: number[], relays: Relays, nowMs: number): number[] {
  const body = frame.slice(2, -2);
  const outcome = execute(frame[1], body, relays, nowMs);
  if (Array.isArray(outcome)) return [frame[0], frame[1], ...outcome];
  return [frame[0], frame[1] | 0x80, outcome.exception];
}

function execute(code: number, body: number[], relays: Relays, nowMs: number): Outcome {
  if (code === 0x01) return readCoils(body, relays);
  if (code === 0x05) return writeCoil(body, relays, nowMs);
  if (code === 0x0f) return writeCoils(body, relays);
  return { exception: ILLEGAL_FUNCTION };
}

const word = (bytes: number[], at: number): number => bytes[at] * 256 + bytes[at + 1];

function readCoils(body: number[], relays: Relays): Outcome {
  const first = word(body, 0);
  const count = word(body, 2);
  if (count < 1) return { exception: ILLEGAL_VALUE };
  if (first + count > relays.channels) return { exception: ILLEGAL_ADDRESS };
  const bytes = new Array<number>(Math.ceil(count / 8)).fill(0);
  for (let i = 0; i < count; i += 1) if (relays.told(first + i + 1)) bytes[i >> 3] |= 1 << (i & 7);
  return [bytes.length, ...bytes];
}

function writeCoil(body: number[], relays: Relays, nowMs: number): Outcome {
  const value = word(body, 2);
  const channel = body[1] + 1;
  if (!relays.has(channel)) return { exception: ILLEGAL_ADDRESS };
  if (body[0] === 0x02 || body[0] === 0x04) {
    if (value < 1 || value > 0x7fff) return { exception: ILLEGAL_VALUE };
    relays.pulse(channel, body[0] === 0x02, value * 100, nowMs);
    return body;
  }
  if (body[0] !== 0) return { exception: ILLEGAL_ADDRESS };
  if (value !== 0xff00 && value !== 0x0000) return { exception: ILLEGAL_VALUE };
  relays.set(channel, value === 0xff00);
  return body;
}

function writeCoils(body: number[], relays: Relays): Outcome {
  const first = word(body, 0);
  const count = word(body, 2);
  if (count < 1 || body[4] !== Math.ceil(count / 8)) return { exception: ILLEGAL_VALUE };
  if (first + count > relays.channels) return { exception: ILLEGAL_ADDRESS };
  for (let i = 0; i < count; i += 1) relays.set(first + i + 1, ((body[5 + (i >> 3)] >> (i & 7)) & 1) === 1);
  return body.slice(0, 4);
}

function crcHolds(frame: number[]): boolean {
  const [low, high] = crcOf(frame.slice(0, -2));
  return frame[frame.length - 2] === low && frame[frame.length - 1] === high;
}

function withCrc(frame: number[]): number[] {
  return [...frame, ...crcOf(frame)];
}

/** Bit by bit from the specification, on purpose not the bench's own: a shared mistake would go unseen. */
export function crcOf(bytes: readonly number[]): [number, number] {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return [crc & 0xff, crc >> 8];
}
