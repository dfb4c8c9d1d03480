/**
 * Modbus RTU relay boards: framing, boards with coils, and the R421A08, which has a register for each relay.
 *
 * A pause and the length separate frames, and a CRC protects them. A frame with a wrong CRC or for another unit gets no
 * answer, and the board ignores what follows a wrong CRC without a pause.
 */
import { z } from 'zod';
import { type AllAtOnce, allAtOnceShape, answerAllAtOnce, protocol, type ProtocolMachine } from './protocol.js';
import type { Relays } from './relays.js';

/** A frame ends with a pause of 3.5 characters: 4 ms at 9600 baud. After this pause the board listens again. */
const FRAME_PAUSE_MS = 3;
/** Longer than the 1.5 characters of the specification, because the scheduler decides when a pty delivers. */
const UNFINISHED_MS = 100;

const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;

/** The answer's bytes after the function code, or an exception. */
type Outcome = number[] | { exception: number };

/** `body`: the bytes between function code and CRC. null: no answer. */
type Execute = (code: number, body: number[], nowMs: number) => Outcome | null;

function rtuMachine(address: number, execute: Execute): ProtocolMachine {
  let frame: number[] = [];
  let ignoring = false;
  let lastMs = 0;
  return {
    receive(chunk, nowMs) {
      if (nowMs - lastMs > (ignoring ? FRAME_PAUSE_MS : UNFINISHED_MS)) {
        frame = [];
        ignoring = false;
      }
      lastMs = nowMs;
      const answers: number[][] = [];
      if (!ignoring) frame.push(...chunk);
      for (
        let length = frameLength(frame);
        !ignoring && length !== null && frame.length >= length;
        length = frameLength(frame)
      ) {
        const one = frame.splice(0, length);
        if (!crcHolds(one)) ignoring = true;
        else if (one[0] === address) answers.push(...answersTo(one, execute, nowMs));
      }
      return answers;
    },
  };
}

/** From the function code; null: more bytes are needed. */
function frameLength(frame: number[]): number | null {
  if (frame.length < 2) return null;
  if (frame[1] !== 0x0f) return 8;
  return frame.length < 7 ? null : 9 + frame[6];
}

function answersTo(frame: number[], execute: Execute, nowMs: number): number[][] {
  const outcome = execute(frame[1], frame.slice(2, -2), nowMs);
  if (outcome === null) return [];
  if (Array.isArray(outcome)) return [withCrc([frame[0], frame[1], ...outcome])];
  return [withCrc([frame[0], frame[1] | 0x80, outcome.exception])];
}

const word = (bytes: number[], at: number): number => bytes[at] * 256 + bytes[at + 1];

function crcHolds(frame: number[]): boolean {
  const [low, high] = crcOf(frame.slice(0, -2));
  return frame[frame.length - 2] === low && frame[frame.length - 1] === high;
}

function withCrc(frame: number[]): number[] {
  return [...frame, ...crcOf(frame)];
}

/**
 * Bit by bit from the specification. It does not use the CRC of src/power: a mistake shared by both sides would not
 * show.
 */
function crcOf(bytes: readonly number[]): [number, number] {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return [crc & 0xff, crc >> 8];
}

const address = z.number().int().min(1).max(247).default(1);

const coilOptions = z.strictObject({
  /** Unit address, 1 … 247. Default 1. */
  address,
  ...allAtOnceShape,
  /** The board knows pulses that it times itself. Default true; false: it answers ILLEGAL_ADDRESS to them. */
  pulses: z.boolean().default(true),
});

const PULSE_UNIT_MS = 100;

/** Coils (01, 05, 0F), and the pulses of Waveshare boards at coil addresses 02xx (on) and 04xx (off), in 100 ms. */
export const modbusRtu = protocol<z.infer<typeof coilOptions>>({
  channels: { min: 1, max: 32 },
  options: coilOptions,
  start: (relays, { address, allAtOnce, pulses }) =>
    rtuMachine(address, (code, body, nowMs) => {
      if (code === 0x01) return readCoils(body, relays);
      if (code === 0x05) return writeCoil(body, relays, pulses ? nowMs : null);
      if (code === 0x0f) return writeCoils(body, relays, allAtOnce);
      return { exception: ILLEGAL_FUNCTION };
    }),
});

function readCoils(body: number[], relays: Relays): Outcome {
  const first = word(body, 0);
  const count = word(body, 2);
  if (count < 1) return { exception: ILLEGAL_VALUE };
  if (first + count > relays.channels) return { exception: ILLEGAL_ADDRESS };
  const bytes = new Array<number>(Math.ceil(count / 8)).fill(0);
  for (let i = 0; i < count; i += 1) if (relays.reported(first + i + 1)) bytes[i >> 3] |= 1 << (i & 7);
  return [bytes.length, ...bytes];
}

/** `nowMs` null: the board times no pulses. */
function writeCoil(body: number[], relays: Relays, nowMs: number | null): Outcome {
  const value = word(body, 2);
  const channel = body[1] + 1;
  if (!relays.has(channel)) return { exception: ILLEGAL_ADDRESS };
  if (nowMs !== null && (body[0] === 0x02 || body[0] === 0x04)) {
    if (value < 1 || value > 0x7fff) return { exception: ILLEGAL_VALUE };
    relays.pulse(channel, body[0] === 0x02, value * PULSE_UNIT_MS, nowMs);
    return body;
  }
  if (body[0] !== 0) return { exception: ILLEGAL_ADDRESS };
  if (value !== 0xff00 && value !== 0x0000) return { exception: ILLEGAL_VALUE };
  relays.set(channel, value === 0xff00);
  return body;
}

function writeCoils(body: number[], relays: Relays, allAtOnce: AllAtOnce): Outcome | null {
  if (allAtOnce === 'refuses') return { exception: ILLEGAL_FUNCTION };
  const first = word(body, 0);
  const count = word(body, 2);
  if (count < 1 || body[4] !== Math.ceil(count / 8)) return { exception: ILLEGAL_VALUE };
  if (first + count > relays.channels) return { exception: ILLEGAL_ADDRESS };
  const act = (): void => {
    for (let i = 0; i < count; i += 1) relays.set(first + i + 1, ((body[5 + (i >> 3)] >> (i & 7)) & 1) === 1);
  };
  return answerAllAtOnce(allAtOnce, act, () => body.slice(0, 4));
}

const registerOptions = z.strictObject({ address });

const SECOND_MS = 1000;

/**
 * R421A08. Values of a register: 01 on, 02 off, 03 toggle, 05 on for one second, 06 on for as many seconds as its low
 * byte.
 */
export const modbusR421a = protocol<z.infer<typeof registerOptions>>({
  channels: { min: 1, max: 8 },
  options: registerOptions,
  start: (relays, { address }) =>
    rtuMachine(address, (code, body, nowMs) => {
      if (code === 0x03) return readRegisters(body, relays);
      if (code === 0x06) return writeRegister(body, relays, nowMs);
      return { exception: ILLEGAL_FUNCTION };
    }),
});

function readRegisters(body: number[], relays: Relays): Outcome {
  const first = word(body, 0);
  const count = word(body, 2);
  if (count < 1) return { exception: ILLEGAL_VALUE };
  if (!relays.has(first) || !relays.has(first + count - 1)) return { exception: ILLEGAL_ADDRESS };
  const registers = Array.from({ length: count }, (_, i) => [0, relays.reported(first + i) ? 1 : 0]).flat();
  return [registers.length, ...registers];
}

function writeRegister(body: number[], relays: Relays, nowMs: number): Outcome {
  const channel = word(body, 0);
  const [, , command, seconds] = body;
  if (!relays.has(channel)) return { exception: ILLEGAL_ADDRESS };
  if (command === 6 ? seconds === 0 : seconds !== 0) return { exception: ILLEGAL_VALUE };
  if (command === 1 || command === 2) relays.set(channel, command === 1);
  else if (command === 3) relays.set(channel, !relays.isOn(channel));
  else if (command === 5) relays.pulse(channel, true, SECOND_MS, nowMs);
  else if (command === 6) relays.pulse(channel, true, seconds * SECOND_MS, nowMs);
  else return { exception: ILLEGAL_VALUE };
  return body;
}
