/**
 * Modbus RTU relay boards: coils (01, 05, 0F), exceptions, and the board-timed pulses that Waveshare puts at coil
 * addresses 02xx (on) and 04xx (off), in 100 ms.
 */

import { z } from 'zod';
import { type AllAtOnce, allAtOnceShape, answerToAll } from './allAtOnce.js';
import { protocol } from './protocol.js';
import type { Relays } from './relays.js';
import { ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ILLEGAL_VALUE, type Outcome, rtuMachine, word } from './rtuFraming.js';

const options = z.strictObject({
  address: z.number().int().min(1).max(247).default(1),
  ...allAtOnceShape,
  /** Knows the pulses that are timed by the board; else an address like any other that it does not have. */
  pulses: z.boolean().default(true),
});

const PULSE_UNIT_MS = 100;

export const modbusRtu = protocol<z.infer<typeof options>>({
  channels: { min: 1, max: 32 },
  options,
  start: (relays, { address, allAtOnce, pulses }) =>
    rtuMachine(address, (code, body, nowMs) => {
      if (code === 0x01) return readCoils(body, relays);
      if (code === 0x05) return writeCoil(body, relays, pulses ? nowMs : null);
      if (code === 0x0f) return writeCoils(body, relays, allAtOnce);
      return { exception: ILLEGAL_FUNCTION };
    }),
});

function readCoils(body: number[], relays: Relays): Outcome {
  const first = word(body, 0);
  const count = word(body, 2);
  if (count < 1) return { exception: ILLEGAL_VALUE };
  if (first + count > relays.channels) return { exception: ILLEGAL_ADDRESS };
  const bytes = new Array<number>(Math.ceil(count / 8)).fill(0);
  for (let i = 0; i < count; i += 1) if (relays.told(first + i + 1)) bytes[i >> 3] |= 1 << (i & 7);
  return [bytes.length, ...bytes];
}

/** `nowMs` null: it times no pulses. */
function writeCoil(body: number[], relays: Relays, nowMs: number | null): Outcome {
  const value = word(body, 2);
  const channel = body[1] + 1;
  if (!relays.has(channel)) return { exception: ILLEGAL_ADDRESS };
  if (nowMs !== null && (body[0] === 0x02 || body[0] === 0x04)) {
    if (value < 1 || value > 0x7fff) return { exception: ILLEGAL_VALUE };
    relays.pulse(channel, body[0] === 0x02, value * PULSE_UNIT_MS, nowMs);
    return body;
  }
  if (body[0] !== 0) return { exception: ILLEGAL_ADDRESS };
  if (value !== 0xff00 && value !== 0x0000) return { exception: ILLEGAL_VALUE };
  relays.set(channel, value === 0xff00);
  return body;
}

function writeCoils(body: number[], relays: Relays, allAtOnce: AllAtOnce): Outcome | null {
  if (allAtOnce === 'refuses') return { exception: ILLEGAL_FUNCTION };
  const first = word(body, 0);
  const count = word(body, 2);
  if (count < 1 || body[4] !== Math.ceil(count / 8)) return { exception: ILLEGAL_VALUE };
  if (first + count > relays.channels) return { exception: ILLEGAL_ADDRESS };
  const act = (): void => {
    for (let i = 0; i < count; i += 1) relays.set(first + i + 1, ((body[5 + (i >> 3)] >> (i & 7)) & 1) === 1);
  };
  return answerToAll(allAtOnce, act, () => body.slice(0, 4));
}
