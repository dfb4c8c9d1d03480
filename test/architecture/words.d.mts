export interface ListedWord {
  pattern: RegExp;
  instead: string;
  except?: RegExp;
}

export interface Offence {
  path: string;
  line: number;
  word: string;
  instead: string;
}

export const LISTED: readonly ListedWord[];
export function offences(path: string, text: string): Offence[];
export function offencesUnder(paths: readonly string[]): Offence[];
