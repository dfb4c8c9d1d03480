/** All mutants, and changes that turned out to be no mutants. */
import { ExploreError } from '../errors.js';
import { ACKNOWLEDGING } from './acknowledging.js';
import { GIVING_UP } from './givingUp.js';
import type { Mutant } from './mutant.js';
import { OBTAINING } from './obtaining.js';
import { RECOVERING } from './recovering.js';
import { RESYNCING } from './resyncing.js';

export type { Mutant } from './mutant.js';

export const MUTANTS: readonly Mutant[] = [...OBTAINING, ...ACKNOWLEDGING, ...GIVING_UP, ...RESYNCING, ...RECOVERING];

/** Changes of the code that change no behavior, with the reason: that the explorer finds none of them is right. */
export const EQUIVALENT: readonly { name: string; why: string }[] = [
  {
    name: 'free-ride-without-record',
    why: 'a write that need not wait gets no record of its own: prune keeps the newest durable record of a region with unacknowledged updates, of any transaction, so the evidence stays; a record of its own only lets completion and the tail move earlier',
  },
  {
    name: 'tail-believed-early',
    why: 'log space is reused when the commit that moves the tail is sealed, before it is durable: with two commits of one unit in flight, the two units reserved for the first commits of a recovery cover the reused space',
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
