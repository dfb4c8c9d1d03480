/** What a run would do, without touching anything: devices, order of cuts, an estimate of the time. */
import type { AreaName, CutPoint, ResolvedRig } from '../rig/resolved.js';
import type { DeviceNow } from '../device/deviceNow.js';
import { isEnrolled, type Enrolment } from '../device/enrolment.js';
import type { Calibration } from './calibration.js';
import type { CyclePlan } from './cycleTypes.js';
import { estimateTime, type Estimate, type FormerTimes } from './estimate.js';
import { AREA_NAMES, isLabDevice } from './places.js';
import { areaBytes, recordNeed, type RecordNeed } from './recordNeed.js';
import { planCycle } from './rounds.js';

export interface RunPlan {
  rig: string;
  seed: number;
  /** `enrolled`: its serial was typed once, by the list beside the profile; null: it need not be, or is not attached. */
  devices: { area: AreaName; device: string; serial: string | null; fate: string; now: DeviceNow | null; enrolled: boolean | null }[];
  rails: { rail: string; board: string; channels: number[]; feeds: AreaName[] }[];
  cycles: { index: number; seed: number; cuts: { during: string; rails: string[]; areas: AreaName[]; afterMs: number; at?: CutPoint }[] }[];
  cyclesTotal: number;
  /** Load and outages, and where they are calibrated the disks' return; what judge, resync and verify need comes on top. */
  secondsAtLeast: number;
  /** With that, as in a run before; null: there is none to go by. */
  estimate: Estimate | null;
  /** Room that the run directory will take; null: there is no cycle. */
  records: RecordNeed | null;
  warnings: string[];
}

/** More cycles than a person reads are counted, not listed. */
const LISTED_CYCLES_MAX = 20;

const FATES: Record<AreaName, string> = {
  primary: 'opened exclusively, OVERWRITTEN whole, its power cut',
  secondary: 'opened exclusively, OVERWRITTEN whole, its power cut',
  journal: 'opened exclusively, OVERWRITTEN (log, indicators), its power cut',
};

export interface PlanSources {
  /** What is known of a device without opening it; null: not attached now, or virtual. */
  look?: (path: string) => DeviceNow | null;
  enrolments?: readonly Enrolment[];
  /** Of a run of this profile. */
  former?: FormerTimes | null;
  calibration?: Calibration | null;
}

export function planRun(rig: ResolvedRig, { look = () => null, enrolments = [], former = null, calibration = null }: PlanSources = {}): RunPlan {
  const { cycles, seed } = rig.campaign;
  // Without a cut there is no cycle: said by a warning of the profile, and refused by `run`.
  const length = rig.campaign.cuts.length === 0 ? 0 : Math.min(cycles, LISTED_CYCLES_MAX);
  const listed = Array.from({ length }, (_, i) => planCycle(rig.campaign, rig.rails, seed, i, calibration));
  const msOfListed = listed.reduce((sum, cycle) => sum + askedMsOf(cycle), 0);
  const msOfReturns = listed.reduce((sum, cycle) => sum + returnsMs(cycle, calibration), 0);
  const perListed = length === 0 ? 0 : cycles / length;
  const askedMs = msOfListed * perListed;
  return {
    rig: rig.name,
    seed,
    devices: AREA_NAMES.map((area) => {
      const now = isLabDevice(rig[area]) ? null : look(rig[area].device);
      const enrolled = now?.needsEnrolment === true ? isEnrolled(enrolments, now) : null;
      return { area, device: rig[area].device, serial: rig[area].serial ?? rig[area].wwn ?? null, fate: fateOf(area, rig), now, enrolled };
    }),
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
    records: length === 0 ? null : recordNeed(rig, { cycles: listed, usableBytes: usableBytes(rig, look), formerWritesPerSecond: former?.writesPerSecond ?? null }),
    warnings: rig.warnings.map((w) => `${w.field}: ${w.text}`),
  };
}

/** Of the smaller area, as far as it is known without opening one. */
function usableBytes(rig: ResolvedRig, look: (path: string) => DeviceNow | null): number | null {
  const known = (['primary', 'secondary'] as const).map((area) => areaBytes(rig, area) ?? (isLabDevice(rig[area]) ? null : (look(rig[area].device)?.usableBytes ?? null)));
  const sizes = known.filter((size) => size !== null);
  return sizes.length === 0 ? null : Math.min(...sizes);
}

/** What the profile itself asks for: the time until each cut, and the outage. */
export function askedMsOf(cycle: CyclePlan): number {
  return cycle.rounds.reduce((sum, round) => sum + round.afterMs + cycle.darkMs, 0);
}

/** Contact, spin-up, enumeration: the slowest of the rails that come back together. */
function returnsMs(cycle: CyclePlan, calibration: Calibration | null): number {
  const returnOf = (rail: string): number => (calibration !== null && Object.hasOwn(calibration.rails, rail) ? calibration.rails[rail].return.median : 0);
  return cycle.rounds.reduce((sum, { rails }) => sum + Math.max(0, ...rails.map(({ rail }) => returnOf(rail))), 0);
}

function fateOf(area: AreaName, rig: ResolvedRig): string {
  const fed = rig.rails.some((r) => r.powers.includes(area));
  const cut = rig.campaign.cuts.some((c) => c.rails.some((name) => rig.rails.find((r) => r.name === name)?.powers.includes(area)));
  const fate = FATES[area].replace(', its power cut', '');
  if (!fed) return `${fate}; no rail feeds it`;
  return cut ? FATES[area] : `${fate}; its power stays on`;
}
