/**
 * The claims that the tracker follows: for each the scenario that performs it (scenarios.ts) and the rules that
 * implement it. Claims for a system, a medium or modules describe the same acts as a claim for a method, so they share
 * its scenario.
 */
export type ClaimForm =
  'method' | 'system of means' | 'computer-readable medium' | 'computer system' | 'system of modules';

/** A scenario of scenarios.ts. */
export type ScenarioName =
  | 'obtainingSetsTheIndicator'
  | 'obtainingAddsToTheUpdateSet'
  | 'theLogNamesTheLocation'
  | 'acknowledgementTakesBoth'
  | 'completionIsRecorded'
  | 'completionFreesLogSpace'
  | 'emptySetResetsTheIndicator'
  | 'noAcknowledgementPersistsTheIndicator'
  | 'theIndicatorSynchronizes';

export interface ClaimRow {
  claim: number;
  form: ClaimForm;
  scenario: ScenarioName;
  rules: readonly string[];
}

const row = (claim: number, form: ClaimForm, scenario: ScenarioName, ...rules: string[]): ClaimRow => ({
  claim,
  form,
  scenario,
  rules,
});

export const CLAIMS: readonly ClaimRow[] = [
  row(1, 'method', 'obtainingSetsTheIndicator', 'R1'),
  row(2, 'method', 'obtainingAddsToTheUpdateSet', 'R1'),
  row(3, 'method', 'theLogNamesTheLocation', 'R2'),
  row(4, 'method', 'acknowledgementTakesBoth', 'R4', 'R5'),
  row(5, 'method', 'completionIsRecorded', 'R6'),
  row(6, 'method', 'completionFreesLogSpace', 'R7'),
  row(7, 'method', 'emptySetResetsTheIndicator', 'R8'),
  row(8, 'method', 'emptySetResetsTheIndicator', 'R8'),
  row(9, 'method', 'acknowledgementTakesBoth', 'R5'),
  row(10, 'method', 'obtainingSetsTheIndicator', 'R1'),
  row(11, 'method', 'obtainingAddsToTheUpdateSet', 'R1'),
  row(12, 'method', 'noAcknowledgementPersistsTheIndicator', 'R9', 'R11'),
  row(13, 'method', 'theIndicatorSynchronizes', 'R10', 'R11'),
  row(14, 'system of means', 'obtainingAddsToTheUpdateSet', 'R1'),
  row(15, 'system of means', 'theLogNamesTheLocation', 'R2'),
  row(16, 'system of means', 'acknowledgementTakesBoth', 'R5'),
  row(17, 'system of means', 'completionIsRecorded', 'R6'),
  row(18, 'system of means', 'emptySetResetsTheIndicator', 'R8'),
  row(19, 'computer-readable medium', 'obtainingSetsTheIndicator', 'R1'),
  row(20, 'computer-readable medium', 'obtainingAddsToTheUpdateSet', 'R1'),
  row(21, 'computer-readable medium', 'theLogNamesTheLocation', 'R2'),
  row(22, 'computer-readable medium', 'acknowledgementTakesBoth', 'R5'),
  row(23, 'computer-readable medium', 'completionIsRecorded', 'R6'),
  row(24, 'computer-readable medium', 'emptySetResetsTheIndicator', 'R8'),
  row(25, 'computer system', 'obtainingSetsTheIndicator', 'R1'),
  row(26, 'system of modules', 'obtainingSetsTheIndicator', 'R1'),
  row(27, 'system of modules', 'obtainingAddsToTheUpdateSet', 'R1'),
  row(28, 'system of modules', 'theLogNamesTheLocation', 'R2'),
  row(29, 'system of modules', 'acknowledgementTakesBoth', 'R5'),
  row(30, 'system of modules', 'completionIsRecorded', 'R6'),
  row(31, 'system of modules', 'emptySetResetsTheIndicator', 'R8'),
];

/** `claims 3, 15, 21, 28`: those that the scenario performs. */
export function claimsOf(scenario: ScenarioName): string {
  const numbers = CLAIMS.filter((c) => c.scenario === scenario).map((c) => c.claim);
  return `claim${numbers.length > 1 ? 's' : ''} ${numbers.join(', ')}`;
}
