/**
 * What one cycle will do, from the profile and the campaign seed (pure): which rails, during what, at which time.
 */
import type { AreaName } from '../../base/areas.js';
import type { RailSpec } from '../../power/spec.js';
import type { CampaignSpec, CutSpec } from '../../rig/resolved.js';
import { leadMsOf, type Calibration } from './calibration.js';
import type { CutRound, CycleSettings, RailCut } from './cycleTypes.js';
import { mixSeed, SEED_USE, uniform } from './seeds.js';

/**
 * Regions must be dirty before a resync or a recovery is worth cutting: the cut that makes them so comes this long
 * after its load began. Long enough for a few hundred writes on a slow disk.
 */
const FIRST_CUT_AFTER_MS = 300;

/**
 * Cycle `index` of a campaign: `cuts[index % cuts.length]`, at a time drawn from the cycle's seed, led by what was
 * calibrated. There must be a cut.
 */
export function drawCycle(
  campaign: CampaignSpec,
  rails: readonly RailSpec[],
  seed: number,
  index: number,
  calibration: Calibration | null = null,
): CycleSettings {
  const cycleSeed = mixSeed(seed, index);
  return {
    index,
    seed: cycleSeed,
    rounds: drawRounds(campaign.cuts[index % campaign.cuts.length], rails, cycleSeed, calibration),
    powerOffMs: campaign.darkMs,
    unresponsiveAfterMs: campaign.silenceMs,
    deadlinesMs: campaign.deadlinesMs,
  };
}

function drawRounds(
  cut: CutSpec,
  rails: readonly RailSpec[],
  cycleSeed: number,
  calibration: Calibration | null,
): CutRound[] {
  const workloadSeed = mixSeed(cycleSeed, SEED_USE.workload);
  const last: CutRound = {
    during: cut.during,
    rails: railCuts(cut.rails, rails).map((r) =>
      cut.at === undefined ? r : { ...r, leadMs: leadMsOf(calibration, [r.rail]) },
    ),
    afterMs: uniform(mixSeed(cycleSeed, SEED_USE.cutTime), cut.afterMs.min, cut.afterMs.max),
    leadMs: leadMsOf(calibration, cut.rails),
    workloadSeed,
    ...(cut.at === undefined ? {} : { at: cut.at }),
  };
  if (cut.during === 'load') return [last];
  const first = { during: 'load' as const, afterMs: FIRST_CUT_AFTER_MS, leadMs: 0, workloadSeed };
  return [{ ...first, rails: railCuts(firstRails(cut, rails), rails) }, last];
}

/**
 * The rails of the cut before a cut resync are those that take the secondary away and nothing else, so that writes go
 * on and leave many regions dirty; where no such rail exists, and before a cut recovery, the cut's own rails.
 */
function firstRails(cut: CutSpec, rails: readonly RailSpec[]): string[] {
  if (cut.during === 'recovery') return cut.rails;
  const feeding = rails.filter((r) => r.powers.includes('secondary'));
  const only = feeding.every((r) => r.powers.every((area) => area === 'secondary'));
  return only && feeding.length > 0 ? feeding.map((r) => r.name) : cut.rails;
}

/** An area loses its power when every rail that feeds it is cut; it is counted with the first of them. */
export function railCuts(names: readonly string[], rails: readonly RailSpec[]): RailCut[] {
  const given = new Set<AreaName>();
  return names.map((rail) => {
    const spec = rails.find((r) => r.name === rail);
    const areas = (spec?.powers ?? []).filter(
      (area) => !given.has(area) && rails.every((r) => !r.powers.includes(area) || names.includes(r.name)),
    );
    for (const area of areas) given.add(area);
    return { rail, areas };
  });
}
