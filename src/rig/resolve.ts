/**
 * Resolves a checked profile to the rig that all commands use. Pure.
 */
import { userOfLabBoard } from './checks/lab.js';
import type { DeviceRef } from '../blockdev/blockDevice.js';
import type { LabSpec } from '../lab/spec.js';
import type { CampaignSpec, CutSpec, ResolvedRig, RigWarning } from './resolved.js';
import type { AreaProfile, Profile } from './schema/profile.js';
import type { CampaignProfile } from './schema/campaign.js';
import type { LabProfile } from './schema/lab.js';
import type { WorkloadProfile } from './schema/load.js';

/** For a profile without cuts: early enough for a short cycle, late enough for the load to reach its queue depth. */
const DEFAULT_CUT_AFTER_MS = { min: 200, max: 2000 };

export function resolveProfile(p: Profile, file: string, warnings: RigWarning[]): ResolvedRig {
  const rails = named(p.rails);
  return {
    schemaVersion: 1,
    file,
    name: p.name,
    primary: deviceRef(p.primary),
    secondary: deviceRef(p.secondary),
    journal: { ...deviceRef(p.journal), logBytes: p.journal.logSize },
    tracking: tracking(p),
    workload: workload(p.workload, p.campaign.seed),
    boards: named(p.boards).map((b) => ({ ...b, tty: b.tty ?? '' })),
    boardTypes: p.boardTypes,
    rails: rails.map(({ settle: ms, ...r }) => ({ ...r, settleMs: ms })),
    campaign: campaign(
      p.campaign,
      rails.map((r) => r.name),
    ),
    lab: p.lab === undefined ? null : lab(p.lab, p),
    warnings,
  };
}

function named<T extends object>(map: Record<string, T>): ({ name: string } & T)[] {
  return Object.entries(map).map(([name, v]) => ({ name, ...v }));
}

function deviceRef(a: AreaProfile): DeviceRef {
  const ref: DeviceRef = { device: a.device, durability: a.durability };
  if (a.serial !== undefined) ref.serial = a.serial;
  if (a.wwn !== undefined) ref.wwn = a.wwn;
  if (a.backingFile !== undefined) ref.backingFile = a.backingFile;
  if (a.size !== undefined) ref.sizeBytes = a.size;
  return ref;
}

function tracking({ mode, regionSize, tracking: t, resync }: Profile): ResolvedRig['tracking'] {
  return {
    mode,
    acknowledge: t.acknowledge,
    regionBytes: regionSize,
    lingerMs: t.linger,
    hotRegions: t.hotRegions,
    ackTimeoutMs: t.ackTimeout,
    groupCommitMs: t.groupCommit,
    flushEveryWrites: t.flushEvery,
    flushIntervalMs: t.flushInterval,
    resync: { maxBytesPerSecond: resync.maxRate, minShare: resync.minShare },
  };
}

function workload(w: WorkloadProfile, seed: number): ResolvedRig['workload'] {
  const { within, ...addresses } = w.addresses;
  return {
    queueDepth: w.queueDepth,
    writesPerTransaction: w.transaction.writes,
    writeBytes: w.writeSize,
    addresses: within === undefined ? addresses : { ...addresses, within: { bytes: within, seed } },
    maxWritesPerSecond: w.rate,
  };
}

function campaign(c: CampaignProfile, rails: string[]): CampaignSpec {
  const cuts = c.cuts?.map(({ after, ...k }): CutSpec => ({ ...k, afterMs: after }));
  return {
    cycles: c.cycles,
    seed: c.seed,
    cuts: cuts ?? rails.map((r) => ({ rails: [r], during: 'load', afterMs: DEFAULT_CUT_AFTER_MS })),
    darkMs: c.dark,
    silenceMs: c.silence,
    prepare: c.prepare,
    judge: c.judge,
    verify: c.verify,
    scrubPercent: c.scrub,
    keepHistory: c.keepHistory,
    deadlinesMs: c.deadlines,
    limits: { recoveryMs: c.limits.recovery, resyncMs: c.limits.resync, falseDirtyRegions: c.limits.falseDirtyRegions },
  };
}

function lab(l: LabProfile, p: Profile): LabSpec {
  return {
    seed: l.seed,
    disks: named(l.disks).map((d) => ({
      name: d.name,
      sizeBytes: d.size,
      logicalBlockBytes: d.sectorSize,
      fedBy: d.fedBy,
      contact: d.contact ?? wiredContact(p, d.fedBy),
      cacheBytes: d.cache,
      killModel: d.killModel,
      keepProbability: d.keepProbability,
      tearProbability: d.tearProbability,
      holdUpMs: d.holdUp,
      vanish: d.vanish,
      silent: d.silent ?? null,
      faults: d.faults,
    })),
    boards: named(l.boards).map((b) => {
      const user = userOfLabBoard(p, b.name);
      // The checks refuse a board that has neither.
      return {
        name: b.name,
        protocol: b.protocol ?? user!.type,
        channels: b.channels ?? user!.channels,
        contactDelayMs: b.contactDelay,
        options: b.options,
      };
    }),
  };
}

/** The contact of the rail on this channel; `invert` swaps NO and NC. */
function wiredContact(p: Profile, fedBy: { board: string; channel: number }): 'NO' | 'NC' {
  const rail = Object.values(p.rails).find(
    (r) => p.boards[r.board]?.tty === `lab:${fedBy.board}` && r.channels.includes(fedBy.channel),
  );
  return rail === undefined || (rail.contact === 'NO') !== rail.invert ? 'NO' : 'NC';
}
