/** Boards whose commands are single bytes: Devantech and ICSE01xA. */
import { z } from 'zod';
import { type AllAtOnce, allAtOnceShape, answerAllAtOnce, protocol } from './protocol.js';
import type { Relays } from './relays.js';

/** Module numbers that the boards report, by their number of relays. */
const DEVANTECH_MODULE: Record<number, number> = { 2: 75, 8: 9 };
const DEVANTECH_FIRMWARE = 10;
/** 12.5 V, in tenths of a volt. */
const DEVANTECH_SUPPLY = 125;

const devantechOptions = z.strictObject(allAtOnceShape);

/**
 * Devantech: each byte is a command; `5C` is followed by the mask in a second byte. The board ignores unknown bytes.
 */
export const devantech = protocol<z.infer<typeof devantechOptions>>({
  channels: [2, 8],
  options: devantechOptions,
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
            const answer = executeDevantech(byte, relays, allAtOnce);
            if (answer !== null) answers.push(answer);
          }
        }
        return answers;
      },
    };
  },
});

function executeDevantech(byte: number, relays: Relays, allAtOnce: AllAtOnce): number[] | null {
  if (byte === 0x5a) return [DEVANTECH_MODULE[relays.channels], DEVANTECH_FIRMWARE];
  if (byte === 0x5b) return [relays.reportedMask()];
  if (byte === 0x5d) return relays.channels === 8 ? [DEVANTECH_SUPPLY] : null;
  if (byte === 0x64 || byte === 0x6e)
    return answerAllAtOnce(
      allAtOnce,
      () => relays.setAll(byte === 0x64),
      () => null,
    );
  if (byte > 0x64 && relays.has(byte - 0x64) && byte < 0x6d) relays.set(byte - 0x64, true);
  else if (byte > 0x6e && relays.has(byte - 0x6e)) relays.set(byte - 0x6e, false);
  return null;
}

/** Identifiers of ICSE013A, ICSE012A and ICSE014A, by their number of relays. */
const ICSE_ID: Record<number, number> = { 2: 0xad, 4: 0xab, 8: 0xac };

/**
 * ICSE01xA: the board answers `50` with its identifier, and `51` starts it. After that each byte is the mask of all
 * relays, active low, a second `50` included. Only a power cycle of the board ends this mode.
 */
export const icse = protocol<{ started: boolean }>({
  channels: [2, 4, 8],
  /** `started`: other software has started the board already. Default false. */
  options: z.strictObject({ started: z.boolean().default(false) }),
  start(relays, { started }) {
    let running = started;
    return {
      receive(chunk) {
        const answers: number[][] = [];
        for (const byte of chunk) {
          if (running) relays.setMask(0xff - byte);
          else if (byte === 0x50) answers.push([ICSE_ID[relays.channels]]);
          else if (byte === 0x51) running = true;
        }
        return answers;
      },
    };
  },
});
