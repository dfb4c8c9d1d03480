/**
 * Numato: a little shell. Echoes the line, answers on a line of its own, ends with the prompt `>`. What it doesn't know
 * gets the prompt alone. Relays count from 0: a digit 0-9A-V up to 32, two decimals at 64.
 */

import { z } from 'zod';
import { asciiBytes, protocol } from './protocol.js';
import type { Relays } from './relays.js';

const LINE_BYTES_MAX = 64;
const LINE_END = '\n\r';

export const numato = protocol<Record<string, never>>({
  channels: [1, 2, 4, 8, 16, 32, 64],
  options: z.strictObject({}),
  start(relays) {
    let line = '';
    return {
      receive(chunk) {
        const answers: number[][] = [];
        for (const byte of chunk) {
          if (byte !== 0x0d) {
            line = (line + String.fromCharCode(byte)).slice(-LINE_BYTES_MAX);
            continue;
          }
          const said = execute(line, relays);
          answers.push(asciiBytes(`${line}${LINE_END}${said === null ? '' : said + LINE_END}>`));
          line = '';
        }
        return answers;
      },
    };
  },
});

function execute(line: string, relays: Relays): string | null {
  if (line === 'ver') return '00000008';
  if (line === 'id get') return '00000000';
  if (line === 'relay readall') return hex(relays.toldMask(), relays);
  const match = /^relay (on|off|read) ([0-9A-V]{1,2})$/.exec(line);
  const channel = match === null ? null : channelOf(match[2], relays);
  if (match === null || channel === null) return null;
  if (match[1] === 'read') return relays.told(channel) ? 'on' : 'off';
  relays.set(channel, match[1] === 'on');
  return null;
}

function channelOf(index: string, relays: Relays): number | null {
  const decimals = relays.channels === 64;
  if (index.length !== (decimals ? 2 : 1)) return null;
  const channel = Number.parseInt(index, decimals ? 10 : 32) + 1;
  return relays.has(channel) ? channel : null;
}

function hex(mask: number, relays: Relays): string {
  return mask.toString(16).padStart(Math.max(2, relays.channels / 4), '0');
}
