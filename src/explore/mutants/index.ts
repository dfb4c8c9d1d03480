/** All broken engines; and those that turned out to be none. */
import { ExploreError } from '../errors.js';
import { ACKNOWLEDGING } from './acknowledging.js';
import type { Mutant } from './mutant.js';
import { OBTAINING } from './obtaining.js';
import { RESYNCING } from './resyncing.js';

export type { Mutant } from './mutant.js';

export const MUTANTS: readonly Mutant[] = [...OBTAINING, ...ACKNOWLEDGING, ...RESYNCING];

/** @throws ExploreError UNKNOWN_MUTANT */
export function mutantNamed(name: string): Mutant {
  const mutant = MUTANTS.find((m) => m.name === name);
  if (mutant !== undefined) return mutant;
  throw new ExploreError('UNKNOWN_MUTANT', `mutant ${name}: must be one of ${MUTANTS.map((m) => m.name).join(', ')}`, { name });
}
