/**
 * A mutant: the engine broken in one place, by a part put in at a seam. The explorer must find each of them out; one that
 * it does not is a hole in the explorer.
 */
import { CORE_PARTS, type CoreParts } from '../../tracker/core/coreStatus.js';
import type { ExpectedJournal } from '../../tracker/journal/format.js';
import {
  recoverFromPieces,
  type JournalPieces,
  type JournalRecovery,
  type RecoveryTables,
} from '../../tracker/journal/recovery.js';
import { REAL_PARTS, type WorldParts } from '../world.js';

export interface Mutant {
  /** Also the name on the command line. */
  name: string;
  /** The rule that it breaks. */
  rule: string;
  /** Number in the list of known failures of real trackers; null: none of them. */
  knownFailure: number | null;
  /** What is done wrong, in one sentence. */
  wrong: string;
  parts: WorldParts;
}

type Description = Omit<Mutant, 'parts'>;

export function coreMutant(d: Description, core: Partial<CoreParts>): Mutant {
  return { ...d, parts: { ...REAL_PARTS, core: { ...CORE_PARTS, ...core } } };
}

export function worldMutant(d: Description, parts: Partial<WorldParts>): Mutant {
  return { ...d, parts: { ...REAL_PARTS, ...parts } };
}

/** Recovery with other decision tables. */
export function tables(t: RecoveryTables) {
  return {
    recover: (expected: ExpectedJournal, pieces: JournalPieces): JournalRecovery =>
      recoverFromPieces(expected, pieces, t),
  };
}
