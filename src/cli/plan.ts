/**
 * `plugpull plan RIG`: a dry run. Prints what a run would do, and fails where the run would be refused. It reads the
 * profile and the identities of the devices, and changes nothing.
 */
import type { Command } from 'commander';
import { loadCalibration } from '../campaign/calibration.js';
import { freeBytes, describeNeed, shortOfRoom } from '../campaign/record/recordSpace.js';
import { checkRun, refusalOf } from '../campaign/runCheck.js';
import { planRun, type PlannedDevice, type RunPlan } from '../campaign/plan.js';
import { rigHolder } from '../campaign/session/rigLock.js';
import { deviceNow, type DeviceNow } from '../gate/deviceNow.js';
import { enrolmentPath, loadEnrolments } from '../gate/enrolment.js';
import { ttyDoubts } from '../power/preflight.js';
import { loadRig } from '../rig/load.js';
import { effectiveRig, type CampaignOverrides, integerOption } from './options.js';
import { errorRecord, exitCodeOf } from './exitCodes.js';
import { formatBytes, formatPercent } from './progressText.js';
import { print, printJson } from './output.js';
import { formerRunIn, newestFormerRun, RUNS_DIR } from './formerRun.js';

/** The limit of campaign.cycles in a profile. */
export const CYCLES_MAX = 1_000_000;

export function addPlan(program: Command): void {
  program
    .command('plan <rig>')
    .description('dry run: print what a run would open, overwrite and cut; changes nothing')
    .option(
      '--cycles <n>',
      `number of cycles, 1 to ${CYCLES_MAX} (default: of the profile)`,
      integerOption(1, CYCLES_MAX),
    )
    .option(
      '--seed <n>',
      'seed of the run, 0 to 2^53-1 (default: of the profile)',
      integerOption(0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--like <dir>',
      `run directory of this profile to estimate the time from (default: the newest in ${RUNS_DIR}/)`,
    )
    .option('--calibration <dir>', 'run directory of `relay calibrate`: the time that the disks take to return')
    .option('--json', 'print JSON')
    .action(async (file: string, options: PlanOptions) => {
      const rig = effectiveRig(loadRig(file), options);
      const former = options.like === undefined ? newestFormerRun(rig) : formerRunIn(options.like, rig);
      const calibration = options.calibration === undefined ? null : loadCalibration(options.calibration, rig.name);
      const enrolments = loadEnrolments(enrolmentPath(rig.file));
      const outlook = await checkRun(rig, { holder: rigHolder(rig.name) });
      const plan = planRun(rig, { look: deviceNow, enrolments, former: former?.times, calibration, outlook });
      plan.warnings.push(
        ...(await ttyDoubts(rig.boards)).map(({ board, found, mend }) => `boards.${board}.tty: ${found}: ${mend}`),
      );
      const basis = former?.directory ?? null;
      const free = freeBytes(RUNS_DIR);
      const short = plan.records === null || free === null ? null : shortOfRoom(plan.records, free, RUNS_DIR);
      if (short !== null) plan.warnings.push(short);
      const refusal = refusalOf(outlook);
      if (options.json)
        printJson({
          ...plan,
          estimatedFrom: basis,
          ...(refusal === null ? {} : { error: errorRecord(refusal, exitCodeOf(refusal)) }),
        });
      else print(formatPlan(plan, basis));
      if (refusal !== null) throw refusal;
    });
}

/** `basis`: directory of the run that the estimate comes from. */
function timeOf({ estimate, secondsAtLeast }: RunPlan, basis: string | null): string {
  if (estimate === null || basis === null) {
    return `at least ${formatSpan(secondsAtLeast)} for loads and outages; no run of this profile in ${RUNS_DIR}/ to estimate the rest from`;
  }
  const [from, to] = [formatSpan(estimate.fromSeconds), formatSpan(estimate.toSeconds)];
  return `${from === to ? `about ${from}` : `${from} to ${to}`}, as in ${basis}`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

function formatSpan(seconds: number): string {
  if (seconds < 2 * MINUTE) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return seconds < 2 * HOUR ? `${Math.round(seconds / MINUTE)} min` : `${(seconds / HOUR).toFixed(1)} h`;
}

interface PlanOptions extends CampaignOverrides {
  like?: string;
  calibration?: string;
  json?: boolean;
}

/** One line for all areas with the same text. */
function notAsked(plan: RunPlan): string[] {
  const texts = [...new Set(plan.notAsked.map(({ text }) => text))];
  const areasOf = (text: string): string =>
    plan.notAsked
      .filter((one) => one.text === text)
      .map(({ area }) => area)
      .join(', ');
  return texts.map((text) => `safety gate: not asked about ${areasOf(text)}: ${text}`);
}

function enrolment(enrolled: PlannedDevice['enrolled']): string {
  switch (enrolled) {
    case null:
      return '';
    case 'yes':
      return ', enrolled';
    case 'no':
      return ', NOT ENROLLED: run plugpull enrol first';
    case 'label':
      return ', enrolled, but with another label: see below';
  }
}

/** The size of the label, on a disk that has one. */
function keptBack({ sizeBytes, usableBytes }: DeviceNow): string {
  return sizeBytes === usableBytes ? '' : ` (its label's ${formatBytes(sizeBytes - usableBytes)} at the end are kept)`;
}

function whenOf(cut: RunPlan['cycles'][number]['cuts'][number]): string {
  const time = `${cut.afterMs} ms into ${cut.during}`;
  return cut.at === undefined ? time : `at ${cut.at}, ${time} or later`;
}

function resyncOf({ maxBytesPerSecond, minShare }: RunPlan['resync']): string {
  const rate = maxBytesPerSecond === 0 ? 'as fast as the devices' : `at most ${formatBytes(maxBytesPerSecond)}/s`;
  const share = `for ${formatPercent(minShare).trim()} of the time while the application writes`;
  return minShare === 1 ? `${rate}, without regard for the application` : `${rate}; ${share}`;
}

function formatPlan(plan: RunPlan, basis: string | null): string {
  const lines = [`rig ${plan.rig}: ${plan.cyclesTotal} cycles, seed ${plan.seed}`, `time: ${timeOf(plan, basis)}`];
  if (plan.records !== null) lines.push(`room: ${describeNeed(plan.records)}`);
  lines.push(`resync: ${resyncOf(plan.resync)}`);
  lines.push('', 'devices');
  for (const d of plan.devices)
    lines.push(`  ${d.area.padEnd(10)} ${d.device}${d.serial === null ? '' : ` (${d.serial})`}: ${d.fate}`);
  for (const d of plan.devices) {
    if (d.now !== null)
      lines.push(
        `  ${d.area.padEnd(10)} is ${d.now.kernelName} now, ${formatBytes(d.now.sizeBytes)}${keptBack(d.now)}, write cache: ${d.now.writeCache}${enrolment(d.enrolled)}`,
      );
    else if (!d.device.startsWith('lab:')) lines.push(`  ${d.area.padEnd(10)} is not attached now`);
  }
  lines.push('', 'rails');
  for (const r of plan.rails)
    lines.push(`  ${r.rail.padEnd(10)} ${r.board} channel ${r.channels.join('+')}, feeds ${r.feeds.join(', ')}`);
  lines.push('', 'order');
  for (const c of plan.cycles) {
    const cuts = c.cuts.map((cut) => `cut ${cut.rails.join('+')} ${whenOf(cut)}`);
    lines.push(`  cycle ${c.index}: ${cuts.join(', then ')}; recover, judge, resync, verify`);
  }
  if (plan.cycles.length < plan.cyclesTotal) lines.push(`  … and ${plan.cyclesTotal - plan.cycles.length} more`);
  for (const warning of plan.warnings) lines.push(`warning: ${warning}`);
  lines.push('', ...notAsked(plan));
  if (plan.refusals.length > 0)
    lines.push(`A run would be refused: ${plan.refusals.map(({ code }) => code).join(', ')}.`);
  lines.push('Nothing was changed.');
  return lines.join('\n');
}
