/** Broken in recovery: R11, R12, and each cell of the two decision tables (logTable.ts, pageTable.ts) decided wrongly. */
import { IndicatorMap } from '../../tracker/core/indicatorMap.js';
import type { Decision } from '../../tracker/journal/logTable.js';
import { LogTable } from '../../tracker/journal/logTable.js';
import type { Believed, PageStates } from '../../tracker/journal/pageTable.js';
import { PageTable } from '../../tracker/journal/pageTable.js';
import { recoverFromPieces } from '../../tracker/journal/recovery.js';
import type { ExpectedJournal, JournalPieces, JournalRecovery, RecoveryTables } from '../../tracker/journal/recovery.js';
import type { Mutant } from './mutant.js';
import { worldMutant } from './mutant.js';

type Patch = (r: JournalRecovery, expected: ExpectedJournal, pieces: JournalPieces) => JournalRecovery;

function patched(patch: Patch) {
  return (expected: ExpectedJournal, pieces: JournalPieces): JournalRecovery => patch(recoverFromPieces(expected, pieces), expected, pieces);
}

const logAlone = patched((r, _expected, pieces) => {
  const none = new IndicatorMap(r.regionCount);
  const { dirty } = recoverFromPieces({ ..._expected }, { ...pieces, pages: (i, f) => ({ ...pieces.pages(i, f), dirty: none }) });
  return { ...r, dirty };
});

const mapAlone = patched((r, _expected, pieces) => ({ ...r, dirty: pieces.pages(r.identity, r.findings).dirty }));

const damageOverlooked = patched((r, _expected, pieces) => (r.everythingDirty ? { ...r, dirty: pieces.pages(r.identity, r.findings).dirty } : r));

/** Only the first copy of the ring is read. */
function firstCopyOnly(expected: ExpectedJournal, pieces: JournalPieces): JournalRecovery {
  return recoverFromPieces(expected, {
    ...pieces,
    places: (identity) => {
      const read = pieces.places(identity);
      return (_copy, place) => read(0, place);
    },
  });
}

/** A place is taken at whichever copy has it older: a copy that lags behind is believed. */
function olderCopyBelieved(expected: ExpectedJournal, pieces: JournalPieces): JournalRecovery {
  return recoverFromPieces(expected, {
    ...pieces,
    places: (identity) => {
      const read = pieces.places(identity);
      return (_copy, place) => {
        const [a, b] = [read(0, place), read(1, place)];
        if (typeof a === 'string') return b;
        if (typeof b === 'string') return a;
        return a.sequence <= b.sequence ? a : b;
      };
    },
  });
}

// ── the log's table ──────────────────────────────────────────────────────────────────────────────────────────────────

type Needed = Exclude<Decision, 'end'>;

class OneInvalidCopyIsALoss extends LogTable {
  override needed(s: number): Needed {
    return this.ring.state(0, s) === 'invalid' || this.ring.state(1, s) === 'invalid' ? 'lost' : super.needed(s);
  }
}

class OneOlderCopyIsALoss extends LogTable {
  override needed(s: number): Needed {
    return this.ring.state(0, s) === 'older' || this.ring.state(1, s) === 'older' ? 'lost' : super.needed(s);
  }
}

class LostBlocksArePassed extends LogTable {
  override needed(s: number): Needed {
    return super.needed(s) === 'lost' ? 'pass' : super.needed(s);
  }
}

class OlderIsNeverWritten extends LogTable {
  override needed(s: number): Needed {
    const older = this.ring.state(0, s) === 'older' || this.ring.state(1, s) === 'older';
    return older && !this.ring.has(s) ? 'pass' : super.needed(s);
  }
}

class EveryLostBlockWasEmpty extends LogTable {
  override needed(s: number): Needed {
    const both = this.ring.state(0, s) === 'invalid' && this.ring.state(1, s) === 'invalid';
    return super.needed(s) === 'lost' && both ? 'pass' : super.needed(s);
  }

  override next(s: number): Decision {
    return super.next(s) === 'lost' ? 'pass' : super.next(s);
  }
}

class OneCopyDoesNotGoOn extends LogTable {
  override next(s: number): Decision {
    const both = this.ring.state(0, s) === 'valid' && this.ring.state(1, s) === 'valid';
    return super.next(s) === 'take' && !both ? 'end' : super.next(s);
  }
}

class OlderNextIsALoss extends LogTable {
  override next(s: number): Decision {
    const invalid = this.ring.state(0, s) === 'invalid' || this.ring.state(1, s) === 'invalid';
    return super.next(s) === 'end' && invalid ? 'lost' : super.next(s);
  }
}

class TornUnitIsALoss extends LogTable {
  override next(s: number): Decision {
    const both = this.ring.state(0, s) === 'invalid' && this.ring.state(1, s) === 'invalid';
    return super.next(s) === 'end' && both ? 'lost' : super.next(s);
  }
}

class UnknownNextEndsTheLog extends LogTable {
  override next(s: number): Decision {
    return super.next(s) === 'lost' ? 'end' : super.next(s);
  }
}

/** Whatever is broken anywhere in the ring counts as evidence that is lost. */
class EveryPlaceIsNeeded extends LogTable {
  override next(s: number): Decision {
    const { ring } = this;
    for (let place = 0; place < ring.layout.ringBlocks; place++) if (ring.problemAt(0, place) !== null || ring.problemAt(1, place) !== null) return 'lost';
    return super.next(s);
  }
}

// ── the table of the indicator area ──────────────────────────────────────────────────────────────────────────────────

type Rule = (states: PageStates, real: Believed) => Believed;

function pagesBy(rule: Rule): PageTable {
  return new (class extends PageTable {
    override believed(states: PageStates): Believed {
      return rule(states, super.believed(states));
    }
  })();
}

const isInvalid = ({ generation: [a, b] }: PageStates): boolean => a < 0 || b < 0;
const isLost = ({ generation: [a, b] }: PageStates): boolean => a < 0 && b < 0;
/** The copy of the higher generation, current or not. */
const newer = ({ generation: [a, b] }: PageStates): 0 | 1 => (a >= b ? 0 : 1);

const older = (s: PageStates): 0 | 1 => (newer(s) === 0 ? 1 : 0);

function tables(t: RecoveryTables) {
  return { recover: (expected: ExpectedJournal, pieces: JournalPieces): JournalRecovery => recoverFromPieces(expected, pieces, t) };
}

/** One superblock is not enough. */
function bothSuperblocksNeeded(expected: ExpectedJournal, pieces: JournalPieces): JournalRecovery {
  const isWhole = ([0, 1] as const).every((copy) => pieces.superblock(copy)?.ok === true);
  return recoverFromPieces(expected, isWhole ? pieces : { ...pieces, superblock: () => null });
}

/** With no superblock at all, what the blocks say is believed, and nothing of it is of this format. */
function lostSuperblocksAreClean(expected: ExpectedJournal, pieces: JournalPieces): JournalRecovery {
  const r = recoverFromPieces(expected, pieces);
  return r.needsFormat ? { ...r, dirty: new IndicatorMap(r.regionCount) } : r;
}

export const RECOVERING: readonly Mutant[] = [
  worldMutant({ name: 'recovers-map-alone', rule: 'R11', knownFailure: null, wrong: 'recovery reads the indicator area and not the log' }, { recover: mapAlone }),
  worldMutant({ name: 'recovers-log-alone', rule: 'R11', knownFailure: 2, wrong: 'recovery reads the log and not the indicator area' }, { recover: logAlone }),
  worldMutant({ name: 'damage-overlooked', rule: 'R12', knownFailure: 16, wrong: 'a damaged log makes nothing dirty' }, { recover: damageOverlooked }),
  worldMutant({ name: 'first-copy-only', rule: 'R12', knownFailure: null, wrong: 'recovery reads only the first copy of the ring' }, { recover: firstCopyOnly }),
  worldMutant({ name: 'older-copy-believed', rule: 'R12', knownFailure: 16, wrong: 'where the two copies of the ring differ, the older is believed' }, { recover: olderCopyBelieved }),
  worldMutant({ name: 'invalid-copy-is-a-loss', rule: 'I4', knownFailure: null, wrong: 'one invalid copy of a needed log block makes everything dirty' }, tables({ Log: OneInvalidCopyIsALoss })),
  worldMutant({ name: 'older-copy-is-a-loss', rule: 'I4', knownFailure: null, wrong: 'one copy that has lost a needed log block makes everything dirty' }, tables({ Log: OneOlderCopyIsALoss })),
  worldMutant({ name: 'lost-block-passed', rule: 'R12', knownFailure: 16, wrong: 'a needed log block that neither copy has is passed over' }, tables({ Log: LostBlocksArePassed })),
  worldMutant({ name: 'older-is-never-written', rule: 'R12', knownFailure: 16, wrong: 'a needed log block that one copy has lost and the other holds damaged counts as never written' }, tables({ Log: OlderIsNeverWritten })),
  worldMutant({ name: 'lost-block-taken-for-empty', rule: 'R12', knownFailure: null, wrong: 'a block of which both copies are invalid counts as one without records' }, tables({ Log: EveryLostBlockWasEmpty })),
  worldMutant({ name: 'one-copy-does-not-go-on', rule: 'R12', knownFailure: null, wrong: 'the log ends where one of the copies is not valid' }, tables({ Log: OneCopyDoesNotGoOn })),
  worldMutant({ name: 'older-next-is-a-loss', rule: 'I4', knownFailure: null, wrong: 'an invalid block behind the log makes everything dirty, though its copy was never written' }, tables({ Log: OlderNextIsALoss })),
  worldMutant({ name: 'torn-unit-is-a-loss', rule: 'I4', knownFailure: null, wrong: 'a block torn in both copies makes everything dirty, though its unit was never durable' }, tables({ Log: TornUnitIsALoss })),
  worldMutant({ name: 'unknown-next-ends-log', rule: 'R12', knownFailure: 16, wrong: 'where both copies of the block behind the log are invalid, the log ends' }, tables({ Log: UnknownNextEndsTheLog })),
  worldMutant({ name: 'every-place-is-needed', rule: 'I4', knownFailure: null, wrong: 'damage outside the evidence makes everything dirty' }, tables({ Log: EveryPlaceIsNeeded })),
  worldMutant({ name: 'invalid-page-is-a-loss', rule: 'I4', knownFailure: null, wrong: "one invalid copy of an indicator block makes all its regions dirty" }, tables({ pages: pagesBy((s, real) => (isInvalid(s) ? 'neither' : real)) })),
  worldMutant({ name: 'lost-page-is-clean', rule: 'R12', knownFailure: 16, wrong: 'an indicator block of which both copies are invalid says nothing' }, tables({ pages: pagesBy((s, real) => (isLost(s) ? 0 : real)) })),
  worldMutant({ name: 'older-page-believed', rule: 'R12', knownFailure: 16, wrong: 'an indicator block older than its unit is believed where its copy is invalid' }, tables({ pages: pagesBy((s, real) => (real === 'neither' && !isLost(s) ? newer(s) : real)) })),
  worldMutant({ name: 'older-generation-believed', rule: 'R12', knownFailure: null, wrong: 'of two valid copies of an indicator block the older is believed' }, tables({ pages: pagesBy((s, real) => (isInvalid(s) ? real : older(s))) })),
  worldMutant({ name: 'both-superblocks-needed', rule: 'I4', knownFailure: null, wrong: 'one damaged superblock makes everything dirty' }, { recover: bothSuperblocksNeeded }),
  worldMutant({ name: 'lost-superblocks-are-clean', rule: 'R12', knownFailure: 16, wrong: 'without any superblock nothing is dirty' }, { recover: lostSuperblocksAreClean }),
];
