/**
 * LCUS: `A0 ch op sum8`, no answer; `FF` asks. Real ones answer late: the first answer after a switch shows the state
 * before it. Wire table: RELAYS.
 */

import { z } from 'zod';
import { asciiBytes, protocol } from './protocol.js';
import type { Relays } from './relays.js';

const options = z.strictObject({
  /** How it answers a query: two spellings, raw bytes, or not at all (many LCUS-1). */
  answer: z.enum(['text', 'tight', 'bytes', 'none']).default('text'),
  /** The first query after a switch is answered with the state before. */
  staleFirst: z.boolean().default(true),
});

/** A frame that does not go on within so long is given up. */
const FRAME_GAP_MS = 100;

export const lcus = protocol<z.infer<typeof options>>({
  channels: { min: 1, max: 8 },
  options,
  start(relays, { answer, staleFirst }) {
    let frame: number[] = [];
    let lastMs = 0;
    let stale: boolean[] | null = null;
    return {
      receive(chunk, nowMs) {
        if (nowMs - lastMs > FRAME_GAP_MS) frame = [];
        lastMs = nowMs;
        const answers: number[][] = [];
        for (const byte of chunk) {
          if (frame.length === 0 && byte === 0xff) {
            if (answer !== 'none') answers.push(tell(stale ?? told(relays), answer));
            stale = null;
          } else if (frame.length > 0 || byte === 0xa0) frame.push(byte);
          if (frame.length < 4) continue;
          const before = told(relays);
          if (obey(frame, relays) && staleFirst) stale = before;
          frame = [];
        }
        return answers;
      },
    };
  },
});

function obey([head, channel, op, sum]: number[], relays: Relays): boolean {
  if (((head + channel + op) & 0xff) !== sum || op > 1 || !relays.has(channel)) return false;
  relays.set(channel, op === 1);
  return true;
}

function told(relays: Relays): boolean[] {
  return Array.from({ length: relays.channels }, (_, i) => relays.told(i + 1));
}

function tell(states: boolean[], answer: 'text' | 'tight' | 'bytes'): number[] {
  if (answer === 'bytes') return states.map(Number);
  const gap = answer === 'text' ? ' ' : '';
  // "CH1: ON \r\nCH2: OFF\r\n": ON is padded to the length of OFF.
  return asciiBytes(states.map((on, i) => `CH${i + 1}:${gap}${on ? `ON${gap}` : 'OFF'}\r\n`).join(''));
}
