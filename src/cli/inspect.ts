/** `plugpull inspect RIG`: what stands on the journal: log, indicator area, dirty regions. Reads only, also a rig in use. */
import type { Command } from 'commander';
import { placedDevice, usesLab } from '../campaign/places.js';
import { realHost } from '../campaign/realHost.js';
import { inspectJournal, type InspectReport } from '../engine/inspect.js';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { rigUuid } from '../rig/uuid.js';
import { EXIT } from './exitCodes.js';
import { ffiOption, print, printJson, type FfiName } from './options.js';
import type { SetExit } from './program.js';
import { formatBytes } from './progressText.js';
import { formatRegionMap } from './regionMap.js';
import { blocksText } from '../judge/reports.js';

interface InspectOptions {
  json?: boolean;
  ffi: FfiName;
}

export function addInspect(program: Command, setExit: SetExit): void {
  program
    .command('inspect <rig>')
    .description('log, indicator area, region map of a rig')
    .option('--json', 'for programs')
    .addOption(ffiOption())
    .action(async (file: string, options: InspectOptions) => {
      const report = await inspectRig(loadRig(file), options.ffi);
      if (options.json) printJson(report);
      else print(formatInspection(report));
      if (report.needsFormat) setExit(EXIT.invalid);
    });
}

/** @throws CampaignError LAB_NOT_RUNNING, and what `inspectJournal` throws */
export async function inspectRig(rig: ResolvedRig, ffi: FfiName): Promise<InspectReport> {
  const lab = usesLab(rig) ? await realHost.labView(rig.name) : null;
  return inspectJournal({
    rigUuid: rigUuid(rig),
    primary: placedDevice(rig.primary, rig, lab),
    secondary: placedDevice(rig.secondary, rig, lab),
    journal: placedDevice(rig.journal, rig, lab),
    tracking: rig.tracking,
    ffi,
  });
}

function formatInspection(r: InspectReport): string {
  const lines = [
    `journal ${r.journal}`,
    `rig ${r.rigUuid}, format ${r.formatEpoch}; ${r.regionCount} regions of ${formatBytes(r.regionBytes)} in ${formatBytes(r.usableBytes)}`,
    `log: ${formatBytes(r.log.bytes)} in ${r.log.ringBlocks} blocks; evidence in ${r.log.tail} … ${r.log.head}, next ${r.log.next}; ${r.log.activeTransactions} transactions active, ${r.log.dirtyRegions} regions`,
    `indicator area: ${r.indicatorArea.groups} groups, generation ${r.indicatorArea.generation}, ${r.indicatorArea.unsettledGroups} unsettled; ${r.indicatorArea.dirtyRegions} regions`,
    `dirty: ${r.dirtyRegions} of ${r.regionCount} regions${r.everythingDirty ? ' (EVERYTHING, see the findings)' : ''}`,
  ];
  if (r.needsFormat) lines.push('There is no journal of this rig here yet; a run writes one.');
  for (const f of r.findings) lines.push(`finding: ${f.where}, ${blocksText(f)}: ${f.problem}; ${f.effect}`);
  if (r.dirtyRegions > 0) lines.push(formatRegionMap(r.dirtyRanges, r.regionCount));
  return lines.join('\n');
}
