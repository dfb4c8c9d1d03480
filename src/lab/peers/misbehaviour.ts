/**
 * What can be wrong with any board, whatever it speaks: a wrapper around the answers. Seeded, so that a run repeats.
 */

import { z } from 'zod';
import type { PeerReaction, PeerSwitch } from '../peer.js';

export const misbehaviourShape = {
  /** Hears and obeys, never answers. */
  mute: z.boolean().default(false),
  /** Neither hears nor answers. */
  dead: z.boolean().default(false),
  /** So many bytes of noise before each answer. 0 … 256. */
  garbageBefore: z.number().int().min(0).max(256).default(0),
  /** Answers come in pieces of one to three bytes. */
  splitReads: z.boolean().default(false),
  /** 1-based channels whose contacts are stuck; the board does not know. */
  welded: z.array(z.number().int().min(1)).default([]),
  /** `garbled`: the last byte of each answer is wrong; `opposite`: states are told the wrong way round. */
  wrongReply: z.enum(['none', 'garbled', 'opposite']).default('none'),
  /** Answers so much later. 0 … 60000 ms. */
  delayMs: z.number().min(0).max(60_000).default(0),
  /** Behaves until its relays have been switched so often; what is welded is so from the start. 0 … 1000000. */
  afterMoves: z.number().int().min(0).max(1_000_000).default(0),
  /** Of noise and splitting. */
  seed: z.number().int().min(0).max(0xffff_ffff).default(1),
};

export type Misbehaviour = z.infer<z.ZodObject<typeof misbehaviourShape>>;

/** Turns what the board would answer into what reaches the wire. */
export function misbehave(
  wrong: Misbehaviour,
): (answers: number[][], switched: PeerSwitch[], misbehaves: boolean) => PeerReaction {
  const random = xorshift32(wrong.seed);
  return (answers, switched, misbehaves) => {
    if (!misbehaves) return { reply: answers.map((answer) => Uint8Array.from(answer)), switched };
    if (wrong.mute) return { reply: [], switched };
    const reply = answers.flatMap((answer) => {
      const noise = Array.from({ length: wrong.garbageBefore }, () => random() & 0xff);
      const whole = [...noise, ...(wrong.wrongReply === 'garbled' ? garbled(answer) : answer)];
      return wrong.splitReads ? split(whole, random) : [Uint8Array.from(whole)];
    });
    return wrong.delayMs > 0 && reply.length > 0
      ? { reply, switched, replyAfterMs: wrong.delayMs }
      : { reply, switched };
  };
}

function garbled(answer: number[]): number[] {
  return answer.map((byte, i) => (i === answer.length - 1 ? byte ^ 0xa5 : byte));
}

function split(bytes: number[], random: () => number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + (random() % 3);
    pieces.push(Uint8Array.from(bytes.slice(at, end)));
    at = end;
  }
  return pieces;
}

/** Marsaglia's xorshift with 32 bits of state: noise, not cryptography. */
function xorshift32(seed: number): () => number {
  let state = seed === 0 ? 0x9e37_79b9 : seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
