/**
 * Boards whose commands are frames of fixed length: LCUS, KMTronic, Conrad. Each acts on a complete, correct frame
 * only.
 */
import { z } from 'zod';
import { allAtOnceShape, answerAllAtOnce, asciiBytes, protocol } from './protocol.js';
import type { Relays } from './relays.js';

const lcusOptions = z.strictObject({
  /** Answer to a query: one of two spellings, raw bytes, or none (many LCUS-1). Default `text`. */
  answer: z.enum(['text', 'tight', 'bytes', 'none']).default('text'),
  /** The first query after a switch is answered with the earlier state, as real boards do. Default true. */
  staleFirst: z.boolean().default(true),
});

const LCUS_FRAME_BYTES = 4;
/** The board discards a frame whose next byte takes longer than this. */
const LCUS_FRAME_GAP_MS = 100;

/** `A0 channel op sum8`, without an answer; `FF` asks for the states. */
export const lcus = protocol<z.infer<typeof lcusOptions>>({
  channels: { min: 1, max: 8 },
  options: lcusOptions,
  start(relays, { answer, staleFirst }) {
    let frame: number[] = [];
    let lastMs = 0;
    let stale: boolean[] | null = null;
    return {
      receive(chunk, nowMs) {
        if (nowMs - lastMs > LCUS_FRAME_GAP_MS) frame = [];
        lastMs = nowMs;
        const answers: number[][] = [];
        for (const byte of chunk) {
          if (frame.length === 0 && byte === 0xff) {
            if (answer !== 'none') answers.push(lcusStates(stale ?? reportedStates(relays), answer));
            stale = null;
          } else if (frame.length > 0 || byte === 0xa0) frame.push(byte);
          if (frame.length < LCUS_FRAME_BYTES) continue;
          const earlier = reportedStates(relays);
          if (obeyLcus(frame, relays) && staleFirst) stale = earlier;
          frame = [];
        }
        return answers;
      },
    };
  },
});

function obeyLcus([head, channel, op, sum]: number[], relays: Relays): boolean {
  if (((head + channel + op) & 0xff) !== sum || op > 1 || !relays.has(channel)) return false;
  relays.set(channel, op === 1);
  return true;
}

function reportedStates(relays: Relays): boolean[] {
  return Array.from({ length: relays.channels }, (_, i) => relays.reported(i + 1));
}

/** `CH1: ON \r\nCH2: OFF\r\n`: the board pads ON to the length of OFF. */
function lcusStates(states: boolean[], answer: 'text' | 'tight' | 'bytes'): number[] {
  if (answer === 'bytes') return states.map(Number);
  const gap = answer === 'text' ? ' ' : '';
  return asciiBytes(states.map((on, i) => `CH${i + 1}:${gap}${on ? `ON${gap}` : 'OFF'}\r\n`).join(''));
}

const KMTRONIC_FRAME_BYTES = 3;
/** Boards up to this size report one channel for each query (op 03), larger ones all channels at once (`FF 09 00`). */
const KMTRONIC_SMALL_CHANNELS_MAX = 2;

/** `FF channel op`. */
export const kmtronic = protocol<Record<string, never>>({
  channels: [1, 2, 4, 8],
  options: z.strictObject({}),
  start(relays) {
    let frame: number[] = [];
    return {
      receive(chunk) {
        const answers: number[][] = [];
        for (const byte of chunk) {
          if (frame.length === 0 && byte !== 0xff) continue;
          frame.push(byte);
          if (frame.length < KMTRONIC_FRAME_BYTES) continue;
          const answer = executeKmtronic(frame[1], frame[2], relays);
          if (answer !== null) answers.push(answer);
          frame = [];
        }
        return answers;
      },
    };
  },
});

function executeKmtronic(channel: number, op: number, relays: Relays): number[] | null {
  const small = relays.channels <= KMTRONIC_SMALL_CHANNELS_MAX;
  if (!small && channel === 9 && op === 0) return reportedStates(relays).map(Number);
  if (!relays.has(channel)) return null;
  if (op === 0 || op === 1) relays.set(channel, op === 1);
  return small && op === 3 ? [0xff, channel, relays.reported(channel) ? 1 : 0] : null;
}

const CONRAD_FRAME_BYTES = 4;
const CONRAD_FIRMWARE = 11;
const CONRAD_SET_ALL = 3;

const conradOptions = z.strictObject(allAtOnceShape);

/**
 * Conrad 197720/197730: `command address data xor`, answered with `255-command address state xor`. The board takes its
 * address from the initialization frame and ignores every other command until then. It has no timeout between bytes: a
 * lost byte shifts all later frames until the host fills the open frame with zeros.
 */
export const conrad = protocol<z.infer<typeof conradOptions>>({
  channels: { min: 8, max: 8 },
  options: conradOptions,
  start(relays, { allAtOnce }) {
    let frame: number[] = [];
    let address: number | null = null;
    const answer = (command: number, to: number, data: number): number[] => {
      const head = [0xff - command, to, data];
      return [...head, head[0] ^ head[1] ^ head[2]];
    };
    const execute = ([command, to, data, check]: number[]): number[] | null => {
      if ((command ^ to ^ data) !== check) return null;
      if (command === 0) return answer(command, to, relays.reportedMask());
      if (command === 1) {
        address = to;
        return answer(command, to, CONRAD_FIRMWARE);
      }
      if (to !== address) return null;
      if (command === CONRAD_SET_ALL)
        return answerAllAtOnce(
          allAtOnce,
          () => relays.setMask(data),
          () => answer(command, to, relays.reportedMask()),
        );
      if (!obeyConrad(command, data, relays)) return null;
      return answer(command, to, relays.reportedMask());
    };
    return {
      receive(chunk) {
        const answers: number[][] = [];
        for (const byte of chunk) {
          frame.push(byte);
          if (frame.length < CONRAD_FRAME_BYTES) continue;
          const reply = execute(frame);
          if (reply !== null) answers.push(reply);
          frame = [];
        }
        return answers;
      },
    };
  },
});

/** Commands 2 (read), 6 (on), 7 (off), 8 (toggle). */
function obeyConrad(command: number, data: number, relays: Relays): boolean {
  if (command === 2) return true;
  if (command < 6 || command > 8) return false;
  for (let channel = 1; channel <= relays.channels; channel += 1) {
    if ((data >> (channel - 1)) % 2 === 0) continue;
    relays.set(channel, command === 8 ? !relays.isOn(channel) : command === 6);
  }
  return true;
}
