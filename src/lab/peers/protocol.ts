/**
 * What a protocol of a virtual board must provide: a machine that takes bytes, answers, and switches the board's
 * relays.
 */
import { z } from 'zod';
import type { Relays } from './relays.js';

export interface ProtocolMachine {
  /**
   * Takes a chunk; returns the answers, one frame each. It switches a relay only on a frame that is correct in every
   * bit.
   */
  receive(chunk: Uint8Array, nowMs: number): number[][];
  /** The host has opened the tty. */
  opened?(nowMs: number): number[][];
}

export interface Protocol<Options = unknown> {
  /** Numbers of channels that such boards are made with. */
  channels: readonly number[] | { min: number; max: number };
  options: z.ZodType<Options>;
  start(relays: Relays, options: Options): ProtocolMachine;
}

/** Checks the type of a definition's options against its machine. */
export function protocol<Options>(definition: Protocol<Options>): Protocol {
  return definition as Protocol;
}

export const asciiBytes = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

/**
 * For protocols with a frame that switches all relays at once: copies of a board, and older firmware, do not know it.
 */
export const allAtOnceShape = {
  /**
   * `obeys` (default); `refuses`: answers with an exception of Modbus, or with a NAK where the protocol has no refusal;
   * `silent`: neither acts nor answers; `echoes`: answers as if it had acted, and does not act.
   */
  allAtOnce: z.enum(['obeys', 'refuses', 'silent', 'echoes']).default('obeys'),
};

export type AllAtOnce = z.infer<z.ZodObject<typeof allAtOnceShape>>['allAtOnce'];

const NAK = 0x15;

/** Acts, where the board obeys, and returns the answer; null: none. */
export function answerAllAtOnce(how: AllAtOnce, act: () => void, answer: () => number[] | null): number[] | null {
  if (how === 'obeys') act();
  if (how === 'refuses') return [NAK];
  return how === 'silent' ? null : answer();
}
