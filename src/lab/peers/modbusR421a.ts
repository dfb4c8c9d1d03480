/** R421A08: a register for each relay. Written: 01 on, 02 off, 03 toggle, 05 on for a second, 06 on for xx seconds. */

import { z } from 'zod';
import { protocol } from './protocol.js';
import type { Relays } from './relays.js';
import { ILLEGAL_ADDRESS, ILLEGAL_FUNCTION, ILLEGAL_VALUE, type Outcome, rtuMachine, word } from './rtuFraming.js';

const options = z.strictObject({ address: z.number().int().min(1).max(247).default(1) });

const SECOND_MS = 1000;

export const modbusR421a = protocol<z.infer<typeof options>>({
  channels: { min: 1, max: 8 },
  options,
  start: (relays, { address }) =>
    rtuMachine(address, (code, body, nowMs) => {
      if (code === 0x03) return readRegisters(body, relays);
      if (code === 0x06) return writeRegister(body, relays, nowMs);
      return { exception: ILLEGAL_FUNCTION };
    }),
});

function readRegisters(body: number[], relays: Relays): Outcome {
  const first = word(body, 0);
  const count = word(body, 2);
  if (count < 1) return { exception: ILLEGAL_VALUE };
  if (!relays.has(first) || !relays.has(first + count - 1)) return { exception: ILLEGAL_ADDRESS };
  const registers = Array.from({ length: count }, (_, i) => [0, relays.told(first + i) ? 1 : 0]).flat();
  return [registers.length, ...registers];
}

function writeRegister(body: number[], relays: Relays, nowMs: number): Outcome {
  const channel = word(body, 0);
  const [, , command, seconds] = body;
  if (!relays.has(channel)) return { exception: ILLEGAL_ADDRESS };
  if (command === 6 ? seconds === 0 : seconds !== 0) return { exception: ILLEGAL_VALUE };
  if (command === 1 || command === 2) relays.set(channel, command === 1);
  else if (command === 3) relays.set(channel, !relays.isOn(channel));
  else if (command === 5) relays.pulse(channel, true, SECOND_MS, nowMs);
  else if (command === 6) relays.pulse(channel, true, seconds * SECOND_MS, nowMs);
  else return { exception: ILLEGAL_VALUE };
  return body;
}
