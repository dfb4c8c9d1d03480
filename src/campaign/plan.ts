/** The plan that `plugpull plan` prints: devices, order of cuts, estimated time. Reads the profile; opens no device. */
import { isLabDevice, labName } from '../rig/schema/words.js';
import { AREA_NAMES, type AreaName, STORAGE_AREAS } from '../base/areas.js';
import type { CutPoint } from '../replication/cutpoint/cutPoint.js';
import type { ResolvedRig } from '../rig/resolved.js';
import type { DeviceNow } from '../gate/deviceNow.js';
import { isEnrolled, type Enrolment } from '../gate/enrolment.js';
import { formatBytes } from '../report/figures.js';
import type { Calibration } from './cycle/latencies.js';
import type { CycleSettings } from './cycle/cycleTypes.js';
import type { RunCheck } from './runCheck.js';
import { type RecordSpace, areaBytes, recordNeed } from './record/recordSpace.js';
import { drawCycle } from './cycle/cycleSettings.js';
import { codeOf } from './errors.js';

export interface RunPlan {
  rig: string;
  seed: number;
  devices: PlannedDevice[];
  rails: { rail: string; board: string; channels: number[]; feeds: AreaName[] }[];
  cycles: {
    index: number;
    seed: number;
    cuts: { during: string; rails: string[]; areas: AreaName[]; afterMs: number; at?: CutPoint }[];
  }[];
  cyclesTotal: number;
  /** Load and power-off times, and the return of the disks where calibrated; judge, resync and verify come on top. */
  secondsAtLeast: number;
  /** Including those, from an earlier run of the profile; null: there is none. */
  estimate: Estimate | null;
  /** `maxBytesPerSecond` 0: no limit. `minShare`: of the time, while the application writes. */
  resync: { maxBytesPerSecond: number; minShare: number };
  /** Disk space that the run directory needs; null: there is no cycle. */
  records: RecordSpace | null;
  warnings: string[];
  /** Why a run would be refused now; empty: no reason is known yet. */
  refusals: { code: string; message: string }[];
  /** Areas that the safety gate could not check, and why. */
  notAsked: { area: AreaName; text: string }[];
}

export interface PlannedDevice {
  area: AreaName;
  device: string;
  serial: string | null;
  fate: string;
  now: DeviceNow | null;
  /**
   * `label`: listed, but the label on the disk contradicts it; null: enrolment is not needed, or the disk is not
   * attached.
   */
  enrolled: 'yes' | 'no' | 'label' | null;
}

/** The plan lists so many cycles and only counts the rest. */
const LISTED_CYCLES_MAX = 20;

export interface PlanSources {
  /** Properties of a device that are known without opening it; null: not attached, or virtual. */
  look?: (path: string) => DeviceNow | null;
  enrolments?: readonly Enrolment[];
  /** Times of an earlier run of this profile. */
  former?: FormerTimes | null;
  calibration?: Calibration | null;
  outlook?: RunCheck;
}

const NOTHING_KNOWN: RunCheck = { refusals: [], notAsked: [], asked: [], lab: null };

export function planRun(
  rig: ResolvedRig,
  { look = () => null, enrolments = [], former = null, calibration = null, outlook = NOTHING_KNOWN }: PlanSources = {},
): RunPlan {
  const { cycles, seed } = rig.campaign;
  // Without a cut there is no cycle: the profile has a warning, and `run` refuses.
  const length = rig.campaign.cuts.length === 0 ? 0 : Math.min(cycles, LISTED_CYCLES_MAX);
  const listed = Array.from({ length }, (_, i) => drawCycle(rig.campaign, rig.rails, seed, i, calibration));
  const msOfListed = listed.reduce((sum, cycle) => sum + askedMsOf(cycle), 0);
  const msOfReturns = listed.reduce((sum, cycle) => sum + returnsMs(cycle, calibration), 0);
  const perListed = length === 0 ? 0 : cycles / length;
  const askedMs = msOfListed * perListed;
  return {
    rig: rig.name,
    seed,
    devices: plannedDevices(rig, look, enrolments, outlook),
    rails: rig.rails.map((r) => ({ rail: r.name, board: r.board, channels: r.channels, feeds: r.powers })),
    cycles: listed.map((cycle) => ({
      index: cycle.index,
      seed: cycle.seed,
      cuts: cycle.rounds.map((round) => ({
        during: round.during,
        rails: round.rails.map((r) => r.rail),
        areas: round.rails.flatMap((r) => [...r.areas]),
        afterMs: Math.round(round.afterMs),
        ...(round.at === undefined ? {} : { at: round.at }),
      })),
    })),
    cyclesTotal: length === 0 ? 0 : cycles,
    secondsAtLeast: Math.round((askedMs + msOfReturns * perListed) / 100) / 10,
    estimate: length === 0 || former === null ? null : estimateTime(former, cycles, askedMs),
    resync: rig.tracking.resync ?? { maxBytesPerSecond: 0, minShare: 1 },
    records:
      length === 0
        ? null
        : recordNeed(rig, {
            cycles: listed,
            usableBytes: usableBytes(rig, look),
            formerWritesPerSecond: former?.writesPerSecond ?? null,
          }),
    warnings: rig.warnings.map((w) => `${w.field}: ${w.text}`),
    refusals: outlook.refusals.map(({ error }) => ({ code: codeOf(error), message: error.message })),
    notAsked: outlook.notAsked.map(({ area, text }) => ({ area, text })),
  };
}

function plannedDevices(
  rig: ResolvedRig,
  look: NonNullable<PlanSources['look']>,
  enrolments: readonly Enrolment[],
  outlook: RunCheck,
): PlannedDevice[] {
  const nows = AREA_NAMES.map((area) => (isLabDevice(rig[area]) ? null : look(rig[area].device)));
  const findings = outlook.refusals.flatMap((refusal) => refusal.findings);
  const sizes = AREA_NAMES.map((area, i) => sizeOf(area, rig, nows[i]));
  return AREA_NAMES.map((area, i) => {
    const now = nows[i];
    const isWrong = findings.some(({ role, code }) => role === area && code.startsWith('GATE_LABEL_'));
    const enrolled =
      now?.needsEnrolment !== true ? null : !isEnrolled(enrolments, now) ? 'no' : isWrong ? 'label' : 'yes';
    return {
      area,
      device: rig[area].device,
      serial: rig[area].serial ?? rig[area].wwn ?? null,
      fate: fateOf(area, rig, sizes),
      now,
      enrolled,
    };
  });
}

/** Bytes that a run may use; null: not known before the device is attached. */
function sizeOf(area: AreaName, rig: ResolvedRig, now: DeviceNow | null): number | null {
  const virtual = isLabDevice(rig[area])
    ? rig.lab?.disks.find(({ name }) => name === labName(rig[area].device))?.sizeBytes
    : undefined;
  return now?.usableBytes ?? virtual ?? null;
}

/** Bytes of the smaller area, as far as they are known without opening a device. */
function usableBytes(rig: ResolvedRig, look: (path: string) => DeviceNow | null): number | null {
  const known = STORAGE_AREAS.map(
    (area) => areaBytes(rig, area) ?? (isLabDevice(rig[area]) ? null : (look(rig[area].device)?.usableBytes ?? null)),
  );
  const sizes = known.filter((size) => size !== null);
  return sizes.length === 0 ? null : Math.min(...sizes);
}

/** Times that the profile itself demands: until each cut, and without power. */
export function askedMsOf(cycle: CycleSettings): number {
  return cycle.rounds.reduce((sum, round) => sum + round.afterMs + cycle.powerOffMs, 0);
}

/** Contact delay, spin-up and enumeration: of the slowest rail that is switched on together with others. */
function returnsMs(cycle: CycleSettings, calibration: Calibration | null): number {
  const returnOf = (rail: string): number =>
    calibration !== null && Object.hasOwn(calibration.rails, rail) ? calibration.rails[rail].return.median : 0;
  return cycle.rounds.reduce((sum, { rails }) => sum + Math.max(0, ...rails.map(({ rail }) => returnOf(rail))), 0);
}

/** Both copies have the size of the shorter area, or of its `size` field: the rest of the other area is not written. */
function extentOf(area: AreaName, rig: ResolvedRig, [primary, secondary]: readonly (number | null)[]): string {
  if (area === 'journal') return 'OVERWRITTEN (log, indicators)';
  const limits = [primary, secondary, rig.primary.sizeBytes ?? null, rig.secondary.sizeBytes ?? null].filter(
    (bytes) => bytes !== null,
  );
  const used = Math.min(...limits);
  const own = area === 'primary' ? primary : secondary;
  const where = rig.campaign.prepare === 'stamp' ? 'OVERWRITTEN' : 'OVERWRITTEN wherever the load writes,';
  const rest = rig.campaign.prepare === 'touched' ? '; the rest is not read, and assumed to be equal on both' : '';
  if (own !== null && used < own) return `${where} in its first ${formatBytes(used)}, of ${formatBytes(own)}${rest}`;
  if (own === null && limits.length > 0) return `${where} in its first ${formatBytes(used)} at most${rest}`;
  return rig.campaign.prepare === 'stamp' ? 'OVERWRITTEN completely' : `OVERWRITTEN wherever the load writes${rest}`;
}

function fateOf(area: AreaName, rig: ResolvedRig, sizes: readonly (number | null)[]): string {
  const fed = rig.rails.some((r) => r.powers.includes(area));
  const cut = rig.campaign.cuts.some((c) =>
    c.rails.some((name) => rig.rails.find((r) => r.name === name)?.powers.includes(area)),
  );
  const fate = `opened exclusively, ${extentOf(area, rig, sizes)}`;
  if (!fed) return `${fate}; no rail feeds it`;
  return cut ? `${fate}, its power cut` : `${fate}; its power stays on`;
}

/** Times of an earlier run of the same rig. */
export interface FormerTimes {
  /** For each completed cycle: its duration, and the part of it that the profile demands (load, power-off time). */
  cycles: { tookMs: number; askedMs: number }[];
  /** Before the first cycle and after the last. */
  aroundMs: number;
  /** Updates issued per second of load; null or absent: there was no load. */
  writesPerSecond?: number | null;
}

export interface Estimate {
  fromSeconds: number;
  toSeconds: number;
}

/**
 * `askedMs`: time that the profile demands for all `cycles` to come. The lower bound takes the faster half of the
 * earlier cycles, the upper bound the slower half. null: there are no earlier cycles.
 */
export function estimateTime(former: FormerTimes, cycles: number, askedMs: number): Estimate | null {
  if (former.cycles.length === 0) return null;
  const own = former.cycles.map(({ tookMs, askedMs: asked }) => Math.max(0, tookMs - asked)).sort((a, b) => a - b);
  const half = Math.ceil(own.length / 2);
  const tenths = (perCycleMs: number): number => (former.aroundMs + askedMs + cycles * perCycleMs) / 100;
  return {
    fromSeconds: Math.floor(tenths(mean(own.slice(0, half)))) / 10,
    toSeconds: Math.ceil(tenths(mean(own.slice(-half)))) / 10,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
