/** Reasons of a verdict for people: bounded, so that a verdict stays a line. All of them are in cycles.jsonl. */
import type { CycleRecord } from './runRecord.js';

type Reason = CycleRecord['reasons'][number];

/** What a person reads before opening the record. */
export const REASONS_SHOWN = 3;
const TEXT_CHARS_MAX = 240;

/** One line, cut at its end. */
export function inBrief(text: string): string {
  const line = text.replace(/\s*\n\s*/g, ' ');
  return line.length <= TEXT_CHARS_MAX ? line : `${line.slice(0, TEXT_CHARS_MAX - 1)}…`;
}

/** The first few by `say`; the last line says how many more there are, and where. */
export function firstReasons(
  reasons: readonly Reason[],
  say: (reason: Reason) => string,
  shown: number = REASONS_SHOWN,
): string[] {
  const more = reasons.length - shown;
  return [...reasons.slice(0, shown).map(say), ...(more > 0 ? [`… and ${more} more (cycles.jsonl)`] : [])];
}
