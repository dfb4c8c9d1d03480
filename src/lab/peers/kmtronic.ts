/** KMTronic: `FF ch op`, nothing else. Small boards tell one channel (op 03), large ones all (`FF 09 00`). */

import { z } from 'zod';
import { protocol } from './protocol.js';
import type { Relays } from './relays.js';

const SMALL_CHANNELS_MAX = 2;

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
          if (frame.length < 3) continue;
          const answer = execute(frame[1], frame[2], relays);
          if (answer !== null) answers.push(answer);
          frame = [];
        }
        return answers;
      },
    };
  },
});

function execute(channel: number, op: number, relays: Relays): number[] | null {
  const small = relays.channels <= SMALL_CHANNELS_MAX;
  if (!small && channel === 9 && op === 0) {
    return Array.from({ length: relays.channels }, (_, i) => (relays.told(i + 1) ? 1 : 0));
  }
  if (!relays.has(channel)) return null;
  if (op === 0 || op === 1) relays.set(channel, op === 1);
  return small && op === 3 ? [0xff, channel, relays.told(channel) ? 1 : 0] : null;
}
