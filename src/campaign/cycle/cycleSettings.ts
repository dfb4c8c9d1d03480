/**
 * The settings of one cycle, drawn from the profile and the campaign seed (pure): which rails, during what, at which
 * time.
 */
import type { AreaName } from '../../base/areas.js';
import type { RailSpec } from '../../power/spec.js';
import type { PassRequest } from '../../replication/replicationEngine.js';
import type { CampaignSpec, CutSpec } from '../../rig/resolved.js';
import type { PassSchedule } from '../../rig/schema/passes.js';
import { type Calibration, leadMsOf } from './latencies.js';
import type { CutRound, CycleSettings, RailCut } from './cycleTypes.js';

/**
 * A resync or a recovery has work only when regions are dirty: an earlier cut makes them dirty, so long after its load
 * began. Long enough for a few hundred writes on a slow disk.
 */
const FIRST_CUT_AFTER_MS = 300;

/**
 * Cycle `index` of a campaign: `cuts[index % cuts.length]`, at a time drawn from the cycle's seed, earlier by the
 * calibrated latency. The profile must have a cut.
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
    judge: drawPass(campaign.judge, campaign, index),
    verify: { ...drawPass(campaign.verify, campaign, index), scrubPercent: 0 },
  };
}

/**
 * A pass is full in every Nth cycle and in the last one: the campaign ends with every region read. The scrub is for the
 * judge alone, since a second pass over the same regions finds nothing more.
 */
function drawPass({ fullEvery }: PassSchedule, { cycles, scrubPercent }: CampaignSpec, index: number): PassRequest {
  const isFull = fullEvery !== null && ((index + 1) % fullEvery === 0 || index === cycles - 1);
  return { extent: isFull ? 'full' : 'touched', scrubPercent };
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
 * Before a cut during a resync: the rails that power only the secondary, so that writes continue and dirty many
 * regions. Where no such rail exists, and before a cut during a recovery: the rails of the cut itself.
 */
function firstRails(cut: CutSpec, rails: readonly RailSpec[]): string[] {
  if (cut.during === 'recovery') return cut.rails;
  const feeding = rails.filter((r) => r.powers.includes('secondary'));
  const only = feeding.every((r) => r.powers.every((area) => area === 'secondary'));
  return only && feeding.length > 0 ? feeding.map((r) => r.name) : cut.rails;
}

/** An area loses its power when every rail that feeds it is cut; it is listed with the first of them. */
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

/*
 * Seeds. Each cycle and each use within it has its own seed, so that cycle 17 can be run again alone:
 *
 *   cycle seed = mix(campaign seed, index)      use seed = mix(cycle seed, USE)
 *
 * `mix` is the finalizer of splitmix64 over seed + (n + 1) * golden ratio, cut to 53 bits (exact in a double). A change
 * of it changes what every recorded seed replays.
 */
const MASK_64 = (1n << 64n) - 1n;
const GOLDEN = 0x9e3779b97f4a7c15n;
const SEED_BITS = 53n;

/** Uses of a cycle's seed. The numbers are part of the derivation: append, never renumber. */
export const SEED_USE = { workload: 0, cutTime: 1 } as const;

/** 0 … 2^53-1 from a seed of the same range and a non-negative integer. */
export function mixSeed(seed: number, n: number): number {
  let z = (BigInt(seed) + (BigInt(n) + 1n) * GOLDEN) & MASK_64;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
  z ^= z >> 31n;
  return Number(z >> (64n - SEED_BITS));
}

/** Uniform in [min, max), from a seed. */
export function uniform(seed: number, min: number, max: number): number {
  return min + (seed / 2 ** Number(SEED_BITS)) * (max - min);
}
