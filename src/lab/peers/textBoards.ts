/** Boards whose commands are text: Numato, Denkovi 16, SainSmart 16. */
import { z } from 'zod';
import { type AllAtOnce, allAtOnceShape, answerAllAtOnce, asciiBytes, protocol } from './protocol.js';
import type { Relays } from './relays.js';

/** Bounds what a peer keeps of a line that never ends. */
const LINE_BYTES_MAX = 64;
const NUMATO_LINE_END = '\n\r';

/**
 * Numato: a shell. It echoes the line, answers on a line of its own and ends with the prompt `>`; an unknown command
 * gets the prompt alone. Relays count from 0: one digit 0-9A-V on boards of up to 32 relays, two decimals on boards of
 * 64.
 */
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
          const reply = executeNumato(line, relays);
          answers.push(asciiBytes(`${line}${NUMATO_LINE_END}${reply === null ? '' : reply + NUMATO_LINE_END}>`));
          line = '';
        }
        return answers;
      },
    };
  },
});

function executeNumato(line: string, relays: Relays): string | null {
  if (line === 'ver') return '00000008';
  if (line === 'id get') return '00000000';
  if (line === 'relay readall') return numatoHex(relays.reportedMask(), relays);
  const match = /^relay (on|off|read) ([0-9A-V]{1,2})$/.exec(line);
  const channel = match === null ? null : numatoChannel(match[2], relays);
  if (match === null || channel === null) return null;
  if (match[1] === 'read') return relays.reported(channel) ? 'on' : 'off';
  relays.set(channel, match[1] === 'on');
  return null;
}

function numatoChannel(index: string, relays: Relays): number | null {
  const decimals = relays.channels === 64;
  if (index.length !== (decimals ? 2 : 1)) return null;
  const channel = Number.parseInt(index, decimals ? 10 : 32) + 1;
  return relays.has(channel) ? channel : null;
}

function numatoHex(mask: number, relays: Relays): string {
  return mask.toString(16).padStart(Math.max(2, relays.channels / 4), '0');
}

/** `xHL//`, the longest command. */
const DENKOVI_COMMAND_BYTES_MAX = 5;

const denkoviOptions = z.strictObject(allAtOnceShape);

/**
 * Denkovi 16 v3: a command ends with `//`, and the board echoes it. `ask//` is answered with two bytes, relay 1 in the
 * highest bit.
 */
export const denkovi16 = protocol<z.infer<typeof denkoviOptions>>({
  channels: [16],
  options: denkoviOptions,
  start(relays, { allAtOnce }) {
    let text = '';
    return {
      receive(chunk) {
        const answers: number[][] = [];
        for (const byte of chunk) {
          text += String.fromCharCode(byte);
          // The two mask bytes of `x` may be slashes, so `x` ends by its length.
          const ended = text.startsWith('x') ? text.length === DENKOVI_COMMAND_BYTES_MAX : text.endsWith('//');
          if (!ended) {
            if (text.length > DENKOVI_COMMAND_BYTES_MAX) text = '';
            continue;
          }
          const answer = executeDenkovi(text, relays, allAtOnce);
          if (answer !== null) answers.push(answer);
          text = '';
        }
        return answers;
      },
    };
  },
});

function executeDenkovi(text: string, relays: Relays, allAtOnce: AllAtOnce): number[] | null {
  if (!text.endsWith('//')) return null;
  if (text === 'ask//') return highestFirst(relays);
  if (text === 'on//' || text === 'off//')
    return answerAllAtOnce(
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
  for (let i = 0; i < 16; i += 1) if (relays.reported(i + 1)) bytes[i >> 3] |= 0x80 >> (i & 7);
  return bytes;
}

const SAINSMART_UNIT = 0xfe;

const sainsmartOptions = z.strictObject(allAtOnceShape);

/**
 * SainSmart 16: Modbus ASCII for unit FE. The board echoes a switch command. Its state query is documented, but real
 * boards leave it unanswered, and so does this peer. A wrong LRC, lower-case digits or another unit get no answer.
 */
export const sainsmart16 = protocol<z.infer<typeof sainsmartOptions>>({
  channels: [16],
  options: sainsmartOptions,
  start(relays, { allAtOnce }) {
    let line = '';
    return {
      receive(chunk) {
        const answers: number[][] = [];
        for (const character of String.fromCharCode(...chunk)) {
          // A colon starts a new frame at any position.
          line = character === ':' ? ':' : line + character;
          if (line.length > LINE_BYTES_MAX) line = '';
          if (!line.endsWith('\r\n')) continue;
          const answer = executeSainsmart(line, relays, allAtOnce);
          if (answer !== null) answers.push(answer);
          line = '';
        }
        return answers;
      },
    };
  },
});

function executeSainsmart(line: string, relays: Relays, allAtOnce: AllAtOnce): number[] | null {
  const digits = /^:((?:[0-9A-F]{2})+)\r\n$/.exec(line)?.[1];
  if (digits === undefined) return null;
  const bytes = (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  // The LRC makes the sum of all bytes zero.
  if (bytes.reduce((sum, byte) => sum + byte, 0) % 256 !== 0 || bytes[0] !== SAINSMART_UNIT) return null;
  const [, code] = bytes;
  const body = bytes.slice(2, -1);
  const echo = (): number[] => asciiBytes(line);
  if (code === 0x0f && body.length === 7 && body.slice(0, 5).join() === [0, 0, 0, 16, 2].join()) {
    return answerAllAtOnce(allAtOnce, () => relays.setMask(body[5] * 256 + body[6]), echo);
  }
  return writeSainsmartCoil(code, body, relays) ? echo() : null;
}

function writeSainsmartCoil(code: number, body: number[], relays: Relays): boolean {
  if (code !== 0x05 || body.length !== 4) return false;
  const channel = body[0] * 256 + body[1] + 1;
  const value = body[2] * 256 + body[3];
  if (!relays.has(channel) || (value !== 0xff00 && value !== 0)) return false;
  relays.set(channel, value === 0xff00);
  return true;
}
