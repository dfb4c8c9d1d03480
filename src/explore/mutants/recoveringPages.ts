/** Broken in recovery: each cell of the indicator area's decision table (indicatorArea.ts) decided wrongly. */
import { PageTable, type CopyChoice, type PageStates } from '../../tracker/journal/indicatorArea.js';
import { tables, worldMutant, type Mutant } from './mutant.js';

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
/** The copy of the higher generation, current or not. */
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
      wrong: 'an indicator block of which both copies are invalid says nothing',
    },
    tables({ pages: pagesBy((s, real) => (isLost(s) ? 0 : real)) }),
  ),
  worldMutant(
    {
      name: 'older-page-believed',
      rule: 'R12',
      knownFailure: 16,
      wrong: 'an indicator block older than its unit is believed where its copy is invalid',
    },
    tables({ pages: pagesBy((s, real) => (real === 'neither' && !isLost(s) ? newer(s) : real)) }),
  ),
  worldMutant(
    {
      name: 'older-generation-believed',
      rule: 'R12',
      knownFailure: null,
      wrong: 'of two valid copies of an indicator block the older is believed',
    },
    tables({ pages: pagesBy((s, real) => (isInvalid(s) ? real : older(s))) }),
  ),
];
