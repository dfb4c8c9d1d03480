/** Devantech: one byte is one command; `5C` takes the mask in a second one. Unknown bytes do nothing. */

import { z } from 'zod';
import { type AllAtOnce, allAtOnceShape, answerToAll } from './allAtOnce.js';
import { protocol } from './protocol.js';
import type { Relays } from './relays.js';

/** Module numbers that the boards give for themselves, by their relays. */
const MODULE: Record<number, number> = { 2: 75, 8: 9 };
const FIRMWARE = 10;
/** 12.5 V, in tenths. */
const SUPPLY = 125;

const options = z.strictObject(allAtOnceShape);

export const devantech = protocol<z.infer<typeof options>>({
  channels: [2, 8],
  options,
  start(relays, { allAtOnce }) {
    let maskFollows = false;
    return {
      receive(chunk) {
        const answers: number[][] = [];
        for (const byte of chunk) {
          if (maskFollows) {
            relays.setMask(byte);
            maskFollows = false;
          } else if (byte === 0x5c) maskFollows = true;
          else {
            const answer = execute(byte, relays, allAtOnce);
            if (answer !== null) answers.push(answer);
          }
        }
        return answers;
      },
    };
  },
});

function execute(byte: number, relays: Relays, allAtOnce: AllAtOnce): number[] | null {
  if (byte === 0x5a) return [MODULE[relays.channels], FIRMWARE];
  if (byte === 0x5b) return [relays.toldMask()];
  if (byte === 0x5d) return relays.channels === 8 ? [SUPPLY] : null;
  if (byte === 0x64 || byte === 0x6e)
    return answerToAll(
      allAtOnce,
      () => relays.setAll(byte === 0x64),
      () => null,
    );
  if (byte > 0x64 && relays.has(byte - 0x64) && byte < 0x6d) relays.set(byte - 0x64, true);
  else if (byte > 0x6e && relays.has(byte - 0x6e)) relays.set(byte - 0x6e, false);
  return null;
}
