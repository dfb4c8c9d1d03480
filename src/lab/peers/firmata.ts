/**
 * Arduino with StandardFirmata. Opening the tty resets it: every relay drops, then it reports version and name. A pin
 * obeys only in output mode; the pin state that it reports is the value last written.
 */
import { z } from 'zod';
import { asciiBytes, protocol } from './protocol.js';
import type { Relays } from './relays.js';

const options = z.strictObject({ firstPin: z.number().int().min(2).max(100).default(2) });

const VERSION = [2, 5];
const OUTPUT = 1;
const SYSEX_BYTES_MAX = 64;

export const firmata = protocol<z.infer<typeof options>>({
  channels: { min: 1, max: 18 },
  options,
  start(relays, { firstPin }) {
    let message: number[] = [];
    let outputs = new Set<number>();
    const execute = (): number[] | null => {
      const [command, pin, value] = message;
      const channel = pin - firstPin + 1;
      if (command === 0xf9) return [0xf9, ...VERSION];
      if (command === 0xf0) return answerSysex(message, relays, outputs, firstPin);
      if (!relays.has(channel)) return null;
      if (command === 0xf4) {
        if (value === OUTPUT) outputs.add(channel);
        else outputs.delete(channel);
        // Setting a mode writes a low level first.
        relays.set(channel, false);
      } else if (command === 0xf5 && outputs.has(channel) && value <= 1) relays.set(channel, value === 1);
      return null;
    };
    return {
      receive(chunk) {
        const answers: number[][] = [];
        for (const byte of chunk) {
          // Commands have the highest bit set, data bytes never: a command byte starts a new message at any position.
          if (byte >= 0x80 && byte !== 0xf7) message = [byte];
          else if (message.length > 0) message.push(byte);
          if (message.length > SYSEX_BYTES_MAX) message = [];
          if (!complete(message)) continue;
          const answer = execute();
          if (answer !== null) answers.push(answer);
          message = [];
        }
        return answers;
      },
      opened() {
        message = [];
        outputs = new Set();
        relays.setAll(false);
        const name = asciiBytes('StandardFirmata.ino').flatMap((byte) => [byte & 0x7f, byte >> 7]);
        return [
          [0xf9, ...VERSION],
          [0xf0, 0x79, ...VERSION, ...name, 0xf7],
        ];
      },
    };
  },
});

function complete(message: number[]): boolean {
  if (message[0] === 0xf0) return message[message.length - 1] === 0xf7;
  if (message[0] === 0xf9) return true;
  return (message[0] === 0xf4 || message[0] === 0xf5) && message.length === 3;
}

function answerSysex(message: number[], relays: Relays, outputs: Set<number>, firstPin: number): number[] | null {
  const [, query, pin] = message;
  const channel = pin - firstPin + 1;
  if (query !== 0x6d || message.length !== 4 || !relays.has(channel)) return null;
  return [0xf0, 0x6e, pin, outputs.has(channel) ? OUTPUT : 0, relays.reported(channel) ? 1 : 0, 0xf7];
}
