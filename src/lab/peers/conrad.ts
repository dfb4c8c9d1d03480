/**
 * Conrad 197720/197730: `cmd addr data xor`. Answers 255 − cmd, address, state, xor. Takes its address from the
 * initialization and hears nothing else before it. Has no notion of silence: a lost byte shifts every later frame, until
 * zeros fill it up.
 */

import { z } from 'zod';
import { allAtOnceShape, answerToAll } from './allAtOnce.js';
import { protocol } from './protocol.js';
import type { Relays } from './relays.js';

const FRAME_BYTES = 4;
const FIRMWARE = 11;
const SET_ALL = 3;

const options = z.strictObject(allAtOnceShape);

export const conrad = protocol<z.infer<typeof options>>({
  channels: { min: 8, max: 8 },
  options,
  start(relays, { allAtOnce }) {
    let frame: number[] = [];
    let address: number | null = null;
    const answer = (command: number, to: number, data: number): number[] => {
      const head = [0xff - command, to, data];
      return [...head, head[0] ^ head[1] ^ head[2]];
    };
    const take = ([command, to, data, check]: number[]): number[] | null => {
      if ((command ^ to ^ data) !== check) return null;
      if (command === 0) return answer(command, to, relays.toldMask());
      if (command === 1) {
        address = to;
        return answer(command, to, FIRMWARE);
      }
      if (to !== address) return null;
      if (command === SET_ALL)
        return answerToAll(
          allAtOnce,
          () => relays.setMask(data),
          () => answer(command, to, relays.toldMask()),
        );
      if (!obey(command, data, relays)) return null;
      return answer(command, to, relays.toldMask());
    };
    return {
      receive(chunk) {
        const answers: number[][] = [];
        for (const byte of chunk) {
          frame.push(byte);
          if (frame.length < FRAME_BYTES) continue;
          const said = take(frame);
          if (said !== null) answers.push(said);
          frame = [];
        }
        return answers;
      },
    };
  },
});

function obey(command: number, data: number, relays: Relays): boolean {
  if (command === 2) return true;
  if (command < 6 || command > 8) return false;
  for (let channel = 1; channel <= relays.channels; channel += 1) {
    if ((data >> (channel - 1)) % 2 === 0) continue;
    relays.set(channel, command === 8 ? !relays.isOn(channel) : command === 6);
  }
  return true;
}
