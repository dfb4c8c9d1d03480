/** Denkovi 16 v3: commands end with `//` and are echoed; `ask//` gets two bytes, relay 1 in the highest bit. */

import { z } from 'zod';
import { type AllAtOnce, allAtOnceShape, answerToAll } from './allAtOnce.js';
import { asciiBytes, protocol } from './protocol.js';
import type { Relays } from './relays.js';

/** `xHL//`, the longest there is. */
const COMMAND_BYTES_MAX = 5;

const options = z.strictObject(allAtOnceShape);

export const denkovi16 = protocol<z.infer<typeof options>>({
  channels: [16],
  options,
  start(relays, { allAtOnce }) {
    let text = '';
    return {
      receive(chunk) {
        const answers: number[][] = [];
        for (const byte of chunk) {
          text += String.fromCharCode(byte);
          // The two bytes of a mask may be slashes themselves: `x` ends by its length.
          const ended = text.startsWith('x') ? text.length === COMMAND_BYTES_MAX : text.endsWith('//');
          if (!ended) {
            if (text.length > COMMAND_BYTES_MAX) text = '';
            continue;
          }
          const answer = execute(text, relays, allAtOnce);
          if (answer !== null) answers.push(answer);
          text = '';
        }
        return answers;
      },
    };
  },
});

function execute(text: string, relays: Relays, allAtOnce: AllAtOnce): number[] | null {
  if (!text.endsWith('//')) return null;
  if (text === 'ask//') return highestFirst(relays);
  if (text === 'on//' || text === 'off//')
    return answerToAll(
      allAtOnce,
      () => relays.setAll(text === 'on//'),
      () => asciiBytes(text),
    );
  if (text.startsWith('x')) {
    const bits = [text.charCodeAt(1), text.charCodeAt(2)];
    for (let i = 0; i < 16; i += 1) relays.set(i + 1, ((bits[i >> 3] >> (7 - (i & 7))) & 1) === 1);
  } else {
    const match = /^(\d\d)([+-])\/\/$/.exec(text);
    const channel = Number(match?.[1]);
    if (match === null || !relays.has(channel)) return null;
    relays.set(channel, match[2] === '+');
  }
  return asciiBytes(text);
}

function highestFirst(relays: Relays): number[] {
  const bytes = [0, 0];
  for (let i = 0; i < 16; i += 1) if (relays.told(i + 1)) bytes[i >> 3] |= 0x80 >> (i & 7);
  return bytes;
}
