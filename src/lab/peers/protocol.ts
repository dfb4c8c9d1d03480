/** What one protocol of the bench of peers is: bytes in, bytes out, relays in its hands. */

import type { z } from 'zod';
import type { Relays } from './relays.js';

export interface ProtocolMachine {
  /** Takes a chunk; returns answers, each of them one frame. Switches only on a frame that is right to the last bit. */
  receive(chunk: Uint8Array, nowMs: number): number[][];
  /** The host opened the tty. */
  opened?(nowMs: number): number[][];
}

export interface Protocol<Options = unknown> {
  /** Numbers of channels that such boards are made with. */
  channels: readonly number[] | { min: number; max: number };
  options: z.ZodType<Options>;
  start(relays: Relays, options: Options): ProtocolMachine;
}

/** Keeps the type of the options together with the machine that takes them. */
export function protocol<Options>(definition: Protocol<Options>): Protocol {
  return definition as Protocol;
}

export const asciiBytes = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
