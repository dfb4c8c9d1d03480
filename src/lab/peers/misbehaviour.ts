/**
 * Faults that any board can have, independent of its protocol: a wrapper around its answers, seeded so that a run
 * repeats.
 */
import { z } from 'zod';
import { createPrng } from '../../base/prng.js';
import type { PeerReaction, PeerSwitch } from '../peer.js';

export const misbehaviourShape = {
  /** Obeys, never answers. Default false. */
  mute: z.boolean().default(false),
  /** Neither obeys nor answers. Default false. */
  dead: z.boolean().default(false),
  /** Bytes of noise before each answer, 0 … 256. Default 0. */
  garbageBefore: z.number().int().min(0).max(256).default(0),
  /** Answers come in pieces of one to three bytes. Default false. */
  splitReads: z.boolean().default(false),
  /** 1-based channels whose contacts are stuck; the board does not know. Default none. */
  welded: z.array(z.number().int().min(1)).default([]),
  /** `garbled`: the last byte of each answer is wrong; `opposite`: on is reported as off. Default `none`. */
  wrongReply: z.enum(['none', 'garbled', 'opposite']).default('none'),
  /** Answers are this much later, 0 … 60000 ms. Default 0. */
  delayMs: z.number().min(0).max(60_000).default(0),
  /** Works correctly for this many switches of its relays, 0 … 1000000; `welded` applies from the start. Default 0. */
  afterMoves: z.number().int().min(0).max(1_000_000).default(0),
  /** Seed of noise and splitting, 0 … 2^32-1. Default 1. */
  seed: z.number().int().min(0).max(0xffff_ffff).default(1),
};

export type Misbehaviour = z.infer<z.ZodObject<typeof misbehaviourShape>>;

/** Turns the answers of a correct board into the bytes on the wire. */
export function misbehave(
  wrong: Misbehaviour,
): (answers: number[][], switched: PeerSwitch[], misbehaves: boolean) => PeerReaction {
  const { nextU32: random } = createPrng(wrong.seed);
  return (answers, switched, misbehaves) => {
    if (!misbehaves) return { reply: answers.map((answer) => Uint8Array.from(answer)), switched };
    if (wrong.mute) return { reply: [], switched };
    const reply = answers.flatMap((answer) => {
      const noise = Array.from({ length: wrong.garbageBefore }, () => random() & 0xff);
      const sent = [...noise, ...(wrong.wrongReply === 'garbled' ? garbled(answer) : answer)];
      return wrong.splitReads ? split(sent, random) : [Uint8Array.from(sent)];
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
