/**
 * SainSmart 16: Modbus ASCII for unit FE. Switching is echoed; the state query is documented and met with silence. A
 * wrong LRC, small letters or another unit: nothing.
 */

import { z } from 'zod';
import { asciiBytes, protocol } from './protocol.js';
import type { Relays } from './relays.js';

const UNIT = 0xfe;
const LINE_BYTES_MAX = 64;

export const sainsmart16 = protocol<Record<string, never>>({
  channels: [16],
  options: z.strictObject({}),
  start(relays) {
    let line = '';
    return {
      receive(chunk) {
        const answers: number[][] = [];
        for (const character of String.fromCharCode(...chunk)) {
          // A colon begins a frame wherever it stands.
          line = character === ':' ? ':' : line + character;
          if (line.length > LINE_BYTES_MAX) line = '';
          if (!line.endsWith('\r\n')) continue;
          if (obey(line, relays)) answers.push(asciiBytes(line));
          line = '';
        }
        return answers;
      },
    };
  },
});

function obey(line: string, relays: Relays): boolean {
  const digits = /^:((?:[0-9A-F]{2})+)\r\n$/.exec(line)?.[1];
  if (digits === undefined) return false;
  const bytes = (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  // The LRC makes the sum of all bytes zero.
  if (bytes.reduce((sum, byte) => sum + byte, 0) % 256 !== 0 || bytes[0] !== UNIT) return false;
  return execute(bytes[1], bytes.slice(2, -1), relays);
}

function execute(code: number, body: number[], relays: Relays): boolean {
  if (code === 0x05 && body.length === 4) {
    const channel = body[0] * 256 + body[1] + 1;
    const value = body[2] * 256 + body[3];
    if (!relays.has(channel) || (value !== 0xff00 && value !== 0)) return false;
    relays.set(channel, value === 0xff00);
    return true;
  }
  if (code === 0x0f && body.length === 7 && body.slice(0, 5).join() === [0, 0, 0, 16, 2].join()) {
    relays.setMask(body[5] * 256 + body[6]);
    return true;
  }
  return false;
}
