/**
 * A mutant: the engine with one part replaced by a broken one. The explorer must find a violation of each mutant; if it
 * does not, the explorer has a gap.
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
  /** The name on the command line. */
  name: string;
  /** The rule that it breaks. */
  rule: string;
  /** Number in the list of known failures of real trackers (docs/FAULTS.md); null: not in the list. */
  knownFailure: number | null;
  /** What the mutant does wrong, in one sentence. */
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

/** Parts with a recovery that uses other decision tables. */
export function tables(t: RecoveryTables) {
  return {
    recover: (expected: ExpectedJournal, pieces: JournalPieces): JournalRecovery =>
      recoverFromPieces(expected, pieces, t),
  };
}
