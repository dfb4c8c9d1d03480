/**
 * SainSmart 16: Modbus ASCII for unit FE. Switching is echoed; the state query is documented and met with silence. A
 * wrong LRC, small letters or another unit: nothing.
 */

import { z } from 'zod';
import { type AllAtOnce, allAtOnceShape, answerToAll } from './allAtOnce.js';
import { asciiBytes, protocol } from './protocol.js';
import type { Relays } from './relays.js';

const UNIT = 0xfe;
const LINE_BYTES_MAX = 64;

const options = z.strictObject(allAtOnceShape);

export const sainsmart16 = protocol<z.infer<typeof options>>({
  channels: [16],
  options,
  start(relays, { allAtOnce }) {
    let line = '';
    return {
      receive(chunk) {
        const answers: number[][] = [];
        for (const character of String.fromCharCode(...chunk)) {
          // A colon begins a frame wherever it stands.
          line = character === ':' ? ':' : line + character;
          if (line.length > LINE_BYTES_MAX) line = '';
          if (!line.endsWith('\r\n')) continue;
          const answer = obey(line, relays, allAtOnce);
          if (answer !== null) answers.push(answer);
          line = '';
        }
        return answers;
      },
    };
  },
});

function obey(line: string, relays: Relays, allAtOnce: AllAtOnce): number[] | null {
  const digits = /^:((?:[0-9A-F]{2})+)\r\n$/.exec(line)?.[1];
  if (digits === undefined) return null;
  const bytes = (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  // The LRC makes the sum of all bytes zero.
  if (bytes.reduce((sum, byte) => sum + byte, 0) % 256 !== 0 || bytes[0] !== UNIT) return null;
  const [, code] = bytes;
  const body = bytes.slice(2, -1);
  const echo = (): number[] => asciiBytes(line);
  if (code === 0x0f && body.length === 7 && body.slice(0, 5).join() === [0, 0, 0, 16, 2].join()) {
    return answerToAll(allAtOnce, () => relays.setMask(body[5] * 256 + body[6]), echo);
  }
  return execute(code, body, relays) ? echo() : null;
}

function execute(code: number, body: number[], relays: Relays): boolean {
  if (code === 0x05 && body.length === 4) {
    const channel = body[0] * 256 + body[1] + 1;
    const value = body[2] * 256 + body[3];
    if (!relays.has(channel) || (value !== 0xff00 && value !== 0)) return false;
    relays.set(channel, value === 0xff00);
    return true;
  }
  return false;
}
