/** All broken engines; and those that turned out to be none. */
import { ExploreError } from '../errors.js';
import { ACKNOWLEDGING } from './acknowledging.js';
import { GIVING_UP } from './givingUp.js';
import type { Mutant } from './mutant.js';
import { OBTAINING } from './obtaining.js';
import { RECOVERING } from './recovering.js';
import { RESYNCING } from './resyncing.js';

export type { Mutant } from './mutant.js';

export const MUTANTS: readonly Mutant[] = [...OBTAINING, ...ACKNOWLEDGING, ...GIVING_UP, ...RESYNCING, ...RECOVERING];

/** Broken in the text and not in what they do: not counted, and here so that nobody takes them for holes. */
export const EQUIVALENT: readonly { name: string; why: string }[] = [
  {
    name: 'free-ride-without-record',
    why: 'a write that need not wait gets no record of its own: prune keeps the newest durable record of a region with unacknowledged updates, whoever wrote it, so the evidence stays all the same; the own record only lets completion and the tail move on sooner',
  },
  {
    name: 'tail-believed-early',
    why: 'log space is used again at the sealing, not at the durability, of the commit that says the tail: with two commits of one unit in flight, the two units kept for the first commits of a recovery cover what is overrun',
  },
];

/** @throws ExploreError UNKNOWN_MUTANT */
export function mutantNamed(name: string): Mutant {
  const mutant = MUTANTS.find((m) => m.name === name);
  if (mutant !== undefined) return mutant;
  throw new ExploreError('UNKNOWN_MUTANT', `mutant ${name}: must be one of ${MUTANTS.map((m) => m.name).join(', ')}`, {
    name,
  });
}
