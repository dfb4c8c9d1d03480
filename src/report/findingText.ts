/** What recovery met on the journal, and what it made of it, in words. */
import { blocksText, type RecoveryReport } from '../judge/verdict/reports.js';

type Finding = RecoveryReport['findings'][number];

export function findingText(finding: Finding): string {
  return `${finding.where}, ${blocksText(finding)}: ${finding.problem}; ${finding.effect}`;
}

/** Those that the list has no room for, by place and class: `… and 156 more in the indicator-area (indicator-rot)`. */
export function unlistedTexts({ findings, unlisted = [] }: Pick<RecoveryReport, 'findings' | 'unlisted'>): string[] {
  return unlisted.map(
    ({ where, class: name, count }) =>
      `… and ${count} more in the ${where} (${name}); the first ${findings.length} findings are listed`,
  );
}

/** Where the dirty regions come from: with a damaged log or superblock from neither log nor indicators. */
export function dirtyOrigin({
  everythingDirty,
  fromIndicatorArea,
  fromLog,
}: Pick<RecoveryReport, 'everythingDirty' | 'fromIndicatorArea' | 'fromLog'>): string {
  const own = `${fromIndicatorArea} from indicators, ${fromLog} from the log`;
  return everythingDirty ? `damage: everything dirty; readable: ${own}` : own;
}
