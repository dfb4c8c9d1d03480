/**
 * ICSE01xA: `50` is answered with the board's id, `51` starts it; from then on every byte is the mask of all relays,
 * active low, a second `50` included. Nothing but its supply brings it back.
 */

import { z } from 'zod';
import { protocol } from './protocol.js';

/** ICSE013A, ICSE012A, ICSE014A. */
const ID: Record<number, number> = { 2: 0xad, 4: 0xab, 8: 0xac };

export const icse = protocol<{ started: boolean }>({
  channels: [2, 4, 8],
  /** `started`: as other software left it. */
  options: z.strictObject({ started: z.boolean().default(false) }),
  start(relays, { started }) {
    let running = started;
    return {
      receive(chunk) {
        const answers: number[][] = [];
        for (const byte of chunk) {
          if (running) relays.setMask(0xff - byte);
          else if (byte === 0x50) answers.push([ID[relays.channels]]);
          else if (byte === 0x51) running = true;
        }
        return answers;
      },
    };
  },
});
