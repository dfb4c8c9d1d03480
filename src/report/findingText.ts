/**
 * Findings of recovery and reasons of verdicts as text. The number and the length of the reasons are bounded, so that a
 * verdict fits one line; cycles.jsonl has all of them.
 */
import { blocksText, type JournalFinding } from '../base/finding.js';
import type { RecoveryReport } from '../judge/verdict/reports.js';
import type { CycleRecord } from './runRecord.js';

export function findingText(finding: JournalFinding): string {
  return `${finding.where}, ${blocksText(finding)}: ${finding.problem}; ${finding.effect}`;
}

/** Findings that are only counted, by place and class: `… and 156 more in the log (indicator-torn)`. */
export function unlistedTexts({ findings, unlisted = [] }: Pick<RecoveryReport, 'findings' | 'unlisted'>): string[] {
  return unlisted.map(
    ({ where, class: name, count }) =>
      `… and ${count} more in the ${where} (${name}); the first ${findings.length} findings are listed`,
  );
}

/** Where the dirty regions come from. If the log or a superblock is damaged, all regions are dirty for that reason. */
export function dirtyOrigin({
  everythingDirty,
  fromIndicatorArea,
  fromLog,
}: Pick<RecoveryReport, 'everythingDirty' | 'fromIndicatorArea' | 'fromLog'>): string {
  const own = `${fromIndicatorArea} from indicators, ${fromLog} from the log`;
  return everythingDirty ? `damage: everything dirty; readable: ${own}` : own;
}

type Reason = CycleRecord['reasons'][number];

/** Reasons in a line of text; the others are in the record. */
const REASONS_SHOWN = 3;
const TEXT_CHARS_MAX = 240;

/** The text in one line, shortened at its end. */
export function inBrief(text: string): string {
  const line = text.replace(/\s*\n\s*/g, ' ');
  return line.length <= TEXT_CHARS_MAX ? line : `${line.slice(0, TEXT_CHARS_MAX - 1)}…`;
}

/** The first `shown` reasons, formatted by `say`; a last line says how many more there are, and in which file. */
export function firstReasons(
  reasons: readonly Reason[],
  say: (reason: Reason) => string,
  shown: number = REASONS_SHOWN,
): string[] {
  const more = reasons.length - shown;
  return [...reasons.slice(0, shown).map(say), ...(more > 0 ? [`… and ${more} more (cycles.jsonl)`] : [])];
}
