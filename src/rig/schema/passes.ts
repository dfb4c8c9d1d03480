/** When a judge or verify pass reads every region, and when only those that were touched. */
import { z } from 'zod';
import { refuse } from './fields.js';

/** Cycles from one full pass to the next; 1: every pass is full. Null: none is, but the first where it must be. */
export interface PassSchedule {
  fullEvery: number | null;
}

export const FULL_EVERY_MAX = 1_000_000;

const RULE = `must be full, touched, or fullEvery with an integer from 2 to ${FULL_EVERY_MAX}`;
const SHAPE = {
  anyOf: [
    { enum: ['full', 'touched'] },
    {
      type: 'object',
      properties: { fullEvery: { type: 'integer', minimum: 2, maximum: FULL_EVERY_MAX } },
      required: ['fullEvery'],
      additionalProperties: false,
    },
  ],
};

function isEvery(input: unknown): input is { fullEvery: number } {
  if (typeof input !== 'object' || input === null || Object.keys(input).join() !== 'fullEvery') return false;
  const { fullEvery } = input as { fullEvery: unknown };
  return Number.isSafeInteger(fullEvery) && (fullEvery as number) >= 2 && (fullEvery as number) <= FULL_EVERY_MAX;
}

export function passSchedule(about: string) {
  return z
    .unknown()
    .meta({ description: about, ...SHAPE })
    .transform((input, ctx): PassSchedule => {
      if (input === 'full') return { fullEvery: 1 };
      if (input === 'touched') return { fullEvery: null };
      return isEvery(input)
        ? { fullEvery: input.fullEvery }
        : refuse(ctx, RULE, 'write full, touched or {fullEvery: 10}');
    });
}
