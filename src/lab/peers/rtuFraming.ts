/**
 * Frames of Modbus RTU: told apart by silence and length, guarded by a CRC. A frame with a wrong CRC or for another unit
 * gets no answer, and what follows it without a pause is not heard.
 */

import type { ProtocolMachine } from './protocol.js';

/** A frame ends with 3.5 characters of silence: 4 ms at 9600 baud. What follows noise is heard after that. */
const SILENCE_MS = 3;
/** Longer than the specification's 1.5 characters: a pty delivers when the scheduler likes. */
const UNFINISHED_MS = 100;

export const ILLEGAL_FUNCTION = 1;
export const ILLEGAL_ADDRESS = 2;
export const ILLEGAL_VALUE = 3;

/** The answer's bytes after the function code, or an exception. */
export type Outcome = number[] | { exception: number };

/** `execute` sees the function code and what stands between it and the CRC; null: it says nothing. */
export type Execute = (code: number, body: number[], nowMs: number) => Outcome | null;

export function rtuMachine(address: number, execute: Execute): ProtocolMachine {
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
      const answers: number[][] = [];
      if (!deaf) frame.push(...chunk);
      for (
        let length = frameLength(frame);
        !deaf && length !== null && frame.length >= length;
        length = frameLength(frame)
      ) {
        const one = frame.splice(0, length);
        if (!crcHolds(one)) deaf = true;
        else if (one[0] === address) answers.push(...answersTo(one, execute, nowMs));
      }
      return answers;
    },
  };
}

/** Known from the function code; null: not enough has come. */
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

export const word = (bytes: number[], at: number): number => bytes[at] * 256 + bytes[at + 1];

function crcHolds(frame: number[]): boolean {
  const [low, high] = crcOf(frame.slice(0, -2));
  return frame[frame.length - 2] === low && frame[frame.length - 1] === high;
}

function withCrc(frame: number[]): number[] {
  return [...frame, ...crcOf(frame)];
}

/** Bit by bit from the specification, on purpose not the bench's own: a shared mistake would go unseen. */
function crcOf(bytes: readonly number[]): [number, number] {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return [crc & 0xff, crc >> 8];
}
