/** Broken in recovery: R11, R12. The decision tables have files of their own. */
import { IndicatorMap } from '../../tracker/core/indicatorMap.js';
import { recoverFromPieces, type JournalPieces, type JournalRecovery } from '../../tracker/journal/recovery.js';
import type { ExpectedJournal } from '../../tracker/journal/format.js';
import { worldMutant, type Mutant } from './mutant.js';
import { RECOVERING_LOG } from './recoveringLog.js';
import { RECOVERING_PAGES } from './recoveringPages.js';

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
      wrong: 'where the two copies of the ring differ, the older is believed',
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
