/**
 * What a virtual board makes of frames that switch all its relays at once: copies of a board, and older firmware, do not
 * know them.
 */

import { z } from 'zod';

export const allAtOnceShape = {
  /**
   * `obeys`; `refuses`: says so as its protocol does (an exception of Modbus), or with a NAK where that has no word for
   * it; `silent`: neither acts nor answers; `echoes`: answers as if it had acted, and does not.
   */
  allAtOnce: z.enum(['obeys', 'refuses', 'silent', 'echoes']).default('obeys'),
};

export type AllAtOnce = z.infer<z.ZodObject<typeof allAtOnceShape>>['allAtOnce'];

const NAK = 0x15;

/** The answer, after acting or not; null: none. */
export function answerToAll(how: AllAtOnce, act: () => void, answer: () => number[] | null): number[] | null {
  if (how === 'obeys') act();
  if (how === 'refuses') return [NAK];
  return how === 'silent' ? null : answer();
}
