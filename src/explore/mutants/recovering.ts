/**
 * Mutants of recovery (R11, R12): the indicator area's decision table (indicatorArea.ts) with each cell changed, and
 * recovery itself. recoveringLog.ts has those of the log's decision table.
 */
import { type CopyChoice, type PageStates, PageTable } from '../../tracker/journal/indicatorArea.js';
import { type Mutant, tables, worldMutant } from './mutant.js';
import { IndicatorMap } from '../../tracker/core/indicatorMap.js';
import { recoverFromPieces, type JournalPieces, type JournalRecovery } from '../../tracker/journal/recovery.js';
import type { ExpectedJournal } from '../../tracker/journal/format.js';
import { RECOVERING_LOG } from './recoveringLog.js';

type Rule = (states: PageStates, real: CopyChoice) => CopyChoice;

function pagesBy(rule: Rule): PageTable {
  return new (class extends PageTable {
    override choose(states: PageStates): CopyChoice {
      return rule(states, super.choose(states));
    }
  })();
}

const isInvalid = ({ generation: [a, b] }: PageStates): boolean => a < 0 || b < 0;
const isLost = ({ generation: [a, b] }: PageStates): boolean => a < 0 && b < 0;
/** The copy with the higher generation. */
const newer = ({ generation: [a, b] }: PageStates): 0 | 1 => (a >= b ? 0 : 1);

const older = (s: PageStates): 0 | 1 => (newer(s) === 0 ? 1 : 0);

export const RECOVERING_PAGES: readonly Mutant[] = [
  worldMutant(
    {
      name: 'invalid-page-is-a-loss',
      rule: 'I4',
      knownFailure: null,
      wrong: 'one invalid copy of an indicator block makes all its regions dirty',
    },
    tables({ pages: pagesBy((s, real) => (isInvalid(s) ? 'neither' : real)) }),
  ),
  worldMutant(
    {
      name: 'lost-page-is-clean',
      rule: 'R12',
      knownFailure: 16,
      wrong: 'an indicator block with two invalid copies makes no region dirty',
    },
    tables({ pages: pagesBy((s, real) => (isLost(s) ? 0 : real)) }),
  ),
  worldMutant(
    {
      name: 'older-page-believed',
      rule: 'R12',
      knownFailure: 16,
      wrong: 'an indicator block older than its unit is used if its other copy is invalid',
    },
    tables({ pages: pagesBy((s, real) => (real === 'neither' && !isLost(s) ? newer(s) : real)) }),
  ),
  worldMutant(
    {
      name: 'older-generation-believed',
      rule: 'R12',
      knownFailure: null,
      wrong: 'of two valid copies of an indicator block the older is used',
    },
    tables({ pages: pagesBy((s, real) => (isInvalid(s) ? real : older(s))) }),
  ),
];

type Patch = (r: JournalRecovery, expected: ExpectedJournal, pieces: JournalPieces) => JournalRecovery;

function patched(patch: Patch) {
  return (expected: ExpectedJournal, pieces: JournalPieces): JournalRecovery =>
    patch(recoverFromPieces(expected, pieces), expected, pieces);
}

const logAlone = patched((r, _expected, pieces) => {
  const none = new IndicatorMap(r.regionCount);
  const { dirty } = recoverFromPieces(
    { ..._expected },
    { ...pieces, pages: (i, f) => ({ ...pieces.pages(i, f), dirty: none }) },
  );
  return { ...r, dirty };
});

const mapAlone = patched((r, _expected, pieces) => ({ ...r, dirty: pieces.pages(r.identity, r.findings).dirty }));

const damageOverlooked = patched((r, _expected, pieces) =>
  r.everythingDirty ? { ...r, dirty: pieces.pages(r.identity, r.findings).dirty } : r,
);

/** Recovery reads only the first copy of the ring. */
function firstCopyOnly(expected: ExpectedJournal, pieces: JournalPieces): JournalRecovery {
  return recoverFromPieces(expected, {
    ...pieces,
    places: (identity) => {
      const read = pieces.places(identity);
      return (_copy, place) => read(0, place);
    },
  });
}

/** Of the two copies of a place, the older one is used. */
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

/** Both superblocks must be valid. */
function bothSuperblocksNeeded(expected: ExpectedJournal, pieces: JournalPieces): JournalRecovery {
  const bothValid = ([0, 1] as const).every((copy) => pieces.superblock(copy)?.ok === true);
  return recoverFromPieces(expected, bothValid ? pieces : { ...pieces, superblock: () => null });
}

/** Without any valid superblock, nothing is dirty. */
function lostSuperblocksAreClean(expected: ExpectedJournal, pieces: JournalPieces): JournalRecovery {
  const r = recoverFromPieces(expected, pieces);
  return r.needsFormat ? { ...r, dirty: new IndicatorMap(r.regionCount) } : r;
}

export const RECOVERING: readonly Mutant[] = [
  worldMutant(
    {
      name: 'recovers-map-alone',
      rule: 'R11',
      knownFailure: null,
      wrong: 'recovery reads the indicator area and not the log',
    },
    { recover: mapAlone },
  ),
  worldMutant(
    {
      name: 'recovers-log-alone',
      rule: 'R11',
      knownFailure: 2,
      wrong: 'recovery reads the log and not the indicator area',
    },
    { recover: logAlone },
  ),
  worldMutant(
    { name: 'damage-overlooked', rule: 'R12', knownFailure: 16, wrong: 'a damaged log makes nothing dirty' },
    { recover: damageOverlooked },
  ),
  worldMutant(
    {
      name: 'first-copy-only',
      rule: 'R12',
      knownFailure: null,
      wrong: 'recovery reads only the first copy of the ring',
    },
    { recover: firstCopyOnly },
  ),
  worldMutant(
    {
      name: 'older-copy-believed',
      rule: 'R12',
      knownFailure: 16,
      wrong: 'if the two copies of the ring differ, the older is used',
    },
    { recover: olderCopyBelieved },
  ),
  ...RECOVERING_LOG,
  ...RECOVERING_PAGES,
  worldMutant(
    {
      name: 'both-superblocks-needed',
      rule: 'I4',
      knownFailure: null,
      wrong: 'one damaged superblock makes everything dirty',
    },
    { recover: bothSuperblocksNeeded },
  ),
  worldMutant(
    {
      name: 'lost-superblocks-are-clean',
      rule: 'R12',
      knownFailure: 16,
      wrong: 'without any superblock nothing is dirty',
    },
    { recover: lostSuperblocksAreClean },
  ),
];
