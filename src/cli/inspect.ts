/**
 * `plugpull inspect RIG`: log, indicator area and dirty regions of the journal. Reads only, also while the rig is in
 * use.
 */
import type { Command } from 'commander';
import { usesLab } from '../rig/schema/words.js';
import { placedDevice } from '../campaign/session/places.js';
import { realHost } from '../campaign/session/host.js';
import { rigHolder, type LockHolder } from '../campaign/session/rigLock.js';
import { DeviceError } from '../blockdev/errors.js';
import { inspectJournal, type InspectReport } from '../replication/inspect.js';
import { loadRig } from '../rig/load.js';
import { findingText, unlistedTexts } from '../report/findingText.js';
import { type ResolvedRig, rigUuid } from '../rig/resolved.js';
import { EXIT, type SetExit } from './exitCodes.js';
import { ffiOption, type FfiName } from './options.js';
import { print, printJson } from './output.js';
import { formatBytes } from './progressText.js';

interface InspectOptions {
  json?: boolean;
  ffi: FfiName;
}

export function addInspect(program: Command, setExit: SetExit): void {
  program
    .command('inspect <rig>')
    .description('show log, indicator area and dirty regions of the journal; writes nothing')
    .option('--json', 'print JSON')
    .addOption(ffiOption())
    .action(async (file: string, options: InspectOptions) => {
      const rig = loadRig(file);
      const report = await inspectRig(rig, options.ffi);
      // After the read: a command that started meanwhile may have changed the journal.
      const holder = rigHolder(rig.name);
      if (options.json) printJson({ ...report, inUseBy: holder });
      else
        print(
          [
            formatInspection(report),
            ...(holder === null ? [] : [`${inUse(holder)}: the output may be out of date`]),
          ].join('\n'),
        );
      if (report.needsFormat) setExit(EXIT.invalid);
    });
}

/** @throws CampaignError LAB_NOT_RUNNING; DeviceError, which names the process that uses the rig */
export async function inspectRig(rig: ResolvedRig, ffi: FfiName): Promise<InspectReport> {
  const lab = usesLab(rig) ? await realHost.labView(rig.name) : null;
  const spec = {
    rigUuid: rigUuid(rig),
    primary: placedDevice(rig.primary, rig, lab),
    secondary: placedDevice(rig.secondary, rig, lab),
    journal: placedDevice(rig.journal, rig, lab),
    tracking: rig.tracking,
    ffi,
  };
  try {
    return inspectJournal(spec);
  } catch (error) {
    throw withHolder(error, rig);
  }
}

/** A device that fails during a run has most likely lost its power. */
function withHolder(error: unknown, rig: ResolvedRig): unknown {
  const holder = rigHolder(rig.name);
  if (!(error instanceof DeviceError) || holder === null || holder.pid === process.pid) return error;
  return new DeviceError(
    error.code,
    `${error.message}. ${inUse(holder)}, which may have cut its power; run inspect again after its end`,
    { ...error.context },
    error,
  );
}

function inUse({ pid, command, since }: LockHolder): string {
  return `The rig is in use by process ${pid} (${command}) since ${since}`;
}

function formatInspection(r: InspectReport): string {
  const lines = [
    `journal ${r.journal}`,
    `rig ${r.rigUuid}, format ${r.formatEpoch}; ${r.regionCount} regions of ${formatBytes(r.regionBytes)} in ${formatBytes(r.usableBytes)}`,
    `log: ${formatBytes(r.log.bytes)} in ${r.log.ringBlocks} blocks; evidence in ${r.log.tail} … ${r.log.head}, next ${r.log.next}; ${r.log.activeTransactions} transactions active, ${r.log.dirtyRegions} regions`,
    `indicator area: ${r.indicatorArea.groups} groups, generation ${r.indicatorArea.generation}, ${r.indicatorArea.unsettledGroups} not durable yet; ${r.indicatorArea.dirtyRegions} regions`,
    `dirty: ${r.dirtyRegions} of ${r.regionCount} regions${r.everythingDirty ? ' (the journal is damaged, so every region is dirty; see the findings)' : ''}`,
  ];
  if (r.needsFormat) lines.push('The device has no journal of this rig yet; plugpull run writes one.');
  const findings = [
    ...r.findings.map(findingText),
    ...unlistedTexts({ findings: r.findings, unlisted: r.unlistedFindings }),
  ];
  lines.push(...findings.map((text) => `finding: ${text}`));
  if (r.dirtyRegions > 0) lines.push(formatRegionMap(r.dirtyRanges, r.regionCount, r.unlistedDirtyRegions));
  return lines.join('\n');
}

export interface RegionRange {
  firstRegion: number;
  regions: number;
}

const COLUMNS = 64;
const ROWS_MAX = 16;

/**
 * Dirty regions as a map (pure): each character shows the same number of regions. `.` clean, `+` some dirty, `#` all
 * dirty, `?` unknown. `unlisted`: number of dirty regions behind the last range.
 */
export function formatRegionMap(dirty: readonly RegionRange[], regionCount: number, unlisted = 0): string {
  const cellRegions = Math.max(1, Math.ceil(regionCount / (COLUMNS * ROWS_MAX)));
  const cellCount = Math.ceil(regionCount / cellRegions);
  const dirtyIn = new Float64Array(cellCount);
  for (const range of dirty) {
    const end = range.firstRegion + range.regions;
    for (let at = range.firstRegion; at < end;) {
      const cell = Math.floor(at / cellRegions);
      const next = Math.min(end, (cell + 1) * cellRegions);
      dirtyIn[cell] += next - at;
      at = next;
    }
  }
  const last = dirty.at(-1);
  const knownUpTo = unlisted === 0 || last === undefined ? regionCount : last.firstRegion + last.regions;
  const cells = Array.from(dirtyIn, (n, i) =>
    n === 0
      ? unlisted > 0 && (i + 1) * cellRegions > knownUpTo
        ? '?'
        : '.'
      : n >= Math.min(cellRegions, regionCount - i * cellRegions)
        ? '#'
        : '+',
  );
  const rows: string[] = [
    `each character: ${cellRegions} region${cellRegions === 1 ? '' : 's'}; . clean, + some dirty, # dirty`,
  ];
  for (let at = 0; at < cellCount; at += COLUMNS) {
    rows.push(`${String(at * cellRegions).padStart(10)}  ${cells.slice(at, at + COLUMNS).join('')}`);
  }
  if (unlisted > 0) rows.push(`? unknown: ${unlisted} further dirty regions lie behind region ${knownUpTo - 1}`);
  return rows.join('\n');
}
