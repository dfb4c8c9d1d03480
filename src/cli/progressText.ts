/** Texts and numbers of a run on the terminal (pure). */
import type { HostPause } from '../base/attendedTime.js';
import { describePauses } from '../campaign/cycle/hostPause.js';
import { coverageText } from '../judge/verdict/coverage.js';
import { cutPlace, nearPoint } from '../report/aimText.js';
import { firstReasons, inBrief } from '../report/findingText.js';
import type { CycleRecord } from '../report/runRecord.js';
import { CUT_POINTS } from '../rig/cutPoints.js';
import type { ResolvedRig } from '../rig/resolved.js';

const KIB = 1024;

export function formatMs(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= KIB && unit < units.length - 1) {
    value /= KIB;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** `  7 %`, of a fraction from 0 to 1. */
export function formatPercent(fraction: number): string {
  return `${String(Math.round(fraction * 100)).padStart(3)} %`;
}

/** Of a resync: `, 3 min left`; empty: not known. */
export function leftText(left: number | 'never' | undefined): string {
  if (left === undefined) return '';
  if (left === 'never') return ', never ends so';
  if (left < 100) return `, ${Math.ceil(left)} s left`;
  return left < 6000 ? `, ${Math.ceil(left / 60)} min left` : `, ${Math.ceil(left / 3600)} h left`;
}

/** Cycles are numbered from 0, as in run.json and in seeds. */
export function cycleTitle(index: number, cycles: number): string {
  return `cycle ${index} (${index + 1} of ${cycles})`;
}

/** Shorter pauses are only recorded. */
const PAUSE_PRINTED_MS = 1000;

/** null: too short to be printed. */
export function pauseLine(pause: HostPause): string | null {
  return pause.ms < PAUSE_PRINTED_MS
    ? null
    : `bench was paused for ${describePauses([pause])}; deadlines do not count this time`;
}

export function repeatedLine(r: CycleRecord): string {
  const codes = [...new Set(r.reasons.map((reason) => reason.code))].join(', ');
  return `cycle ${r.index}: the bench was paused for ${describePauses(r.standstills ?? [])}, repeated (not counted: ${codes})`;
}

export function cycleLine(r: CycleRecord): string {
  const near = nearPoint(r);
  const cut = `${r.rails.join('+')} ${near === '' ? 'during' : 'at'} ${cutPlace(r)}${near === '' ? '' : `, ${near}`}`;
  const why =
    r.reasons.length === 0
      ? ''
      : `: ${firstReasons(r.reasons, (reason) => `${reason.code} (${inBrief(reason.text)})`).join('; ')}`;
  const latency = Object.entries(r.cutLatencyMs)
    .map(([rail, ms]) => `${rail} ${formatMs(ms)}`)
    .join(', ');
  const dirty = r.recovery === null ? '' : `, ${r.recovery.dirtyRegions} dirty`;
  const resync = r.resync === null ? '' : `, resync ${formatBytes(r.resync.bytes)} in ${formatMs(r.resync.durationMs)}`;
  const covered = coverageText(r.judge?.coverage);
  const judged = covered === null ? '' : `, judged ${covered}`;
  const pauses = r.standstills ?? [];
  const paused = pauses.some(({ ms }) => ms >= PAUSE_PRINTED_MS)
    ? `; bench was paused for ${describePauses(pauses)}`
    : '';
  return `cycle ${r.index}: ${r.verdict} (${cut}; proof ${r.proofOfCut.kind}${latency === '' ? '' : `, ${latency}`}${dirty}${resync}${judged}${paused})${why}`;
}

/** The first lines of a run: what it will do to which devices. `calibrated`: the run has a calibration. */
export function introduction(rig: ResolvedRig, calibrated: boolean): string {
  const { campaign, boards, rails } = rig;
  const cycles = campaign.cycles === 1 ? '1 cycle' : `${campaign.cycles} cycles`;
  const board = (name: string): string => boards.find((b) => b.name === name)?.type ?? 'unknown';
  const cutBy = rails.map((r) => `${r.name} (${r.powers.join(', ')}; ${board(r.board)} ${r.channels.join('+')})`);
  const timed = [
    ...new Set(campaign.cuts.flatMap((cut) => (cut.at === undefined || CUT_POINTS[cut.at].held ? [] : [cut.at]))),
  ];
  const note =
    calibrated || timed.length === 0
      ? []
      : [
          `  note    ${timed.join(', ')}: the cut command is sent at this point, so the power goes later; --calibration corrects it`,
        ];
  return [
    `rig ${rig.name}: ${cycles}, each with a power cut, recovery from the disks alone, judgment, resync and verify; seed ${campaign.seed}`,
    `  areas   primary ${rig.primary.device}, secondary ${rig.secondary.device}, journal ${rig.journal.device}`,
    `  rails   ${cutBy.length === 0 ? 'none' : cutBy.join(', ')}`,
    ...note,
  ].join('\n');
}
