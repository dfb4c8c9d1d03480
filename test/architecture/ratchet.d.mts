export interface Measured {
  value: number;
  places: string[];
}

export type Table = Record<string, number>;

export const TABLE_FILE: string;
export const COMMENT_COLUMNS_MAX: number;
export function readSources(root?: string, folders?: readonly string[]): Map<string, string>;
export function measure(sources?: Map<string, string>): Record<string, Measured>;
export function compare(table: Table, present: Record<string, Measured>): string[];
export function readTable(): Table;
export function update(
  present: Record<string, Measured>,
  table: Table,
  mayRise: boolean,
  write: (table: Table) => void,
): string | null;
