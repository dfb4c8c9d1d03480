/**
 * Writes a resolved rig as a profile with every default: the run directory's `rig.yaml`. Loading that file gives the
 * same rig (except `file`), also in a later version with other defaults.
 */
import type { PassSchedule } from './schema/passes.js';
import { stringify } from 'yaml';
import type { DeviceRef } from '../blockdev/blockDevice.js';
import type { LabSpec } from '../lab/spec.js';
import type { CampaignSpec, ResolvedRig } from './resolved.js';
import { formatDuration, formatSize } from './units.js';

interface MinMax {
  min: number;
  max: number;
}

export function dumpRig(rig: ResolvedRig): string {
  const { tracking: t, workload: w } = rig;
  const profile = {
    schemaVersion: rig.schemaVersion,
    name: rig.name,
    regionSize: formatSize(t.regionBytes),
    mode: t.mode,
    primary: area(rig.primary),
    secondary: area(rig.secondary),
    journal: { ...area(rig.journal), logSize: formatSize(rig.journal.logBytes) },
    tracking: {
      acknowledge: t.acknowledge,
      linger: formatDuration(t.lingerMs),
      hotRegions: t.hotRegions,
      ackTimeout: formatDuration(t.ackTimeoutMs),
      groupCommit: formatDuration(t.groupCommitMs),
      flushEvery: t.flushEveryWrites,
      flushInterval: formatDuration(t.flushIntervalMs),
    },
    resync: resync(t),
    workload: {
      queueDepth: w.queueDepth,
      transaction: { writes: range(w.writesPerTransaction, Number) },
      writeSize: range(w.writeBytes, formatSize),
      addresses: {
        ...w.addresses,
        within: w.addresses.within === undefined ? undefined : formatSize(w.addresses.within.bytes),
      },
      rate: w.maxWritesPerSecond === 0 ? 'unlimited' : w.maxWritesPerSecond,
    },
    boards: byName(rig.boards, ({ tty, ...b }) => (tty === '' ? b : { ...b, tty })),
    boardTypes: rig.boardTypes,
    rails: byName(rig.rails, ({ settleMs: ms, ...r }) => ({ ...r, settle: formatDuration(ms) })),
    campaign: campaign(rig.campaign),
    lab: rig.lab === null ? undefined : lab(rig.lab),
  };
  // JSON escapes a line break in the file name, which would end the comment.
  const header = `# ${JSON.stringify(rig.file)} as plugpull resolved it, with every default.\n`;
  // One object may occur twice: YAML would write an alias, and the loader refuses aliases.
  return header + stringify(profile, { aliasDuplicateObjects: false, lineWidth: 0 });
}

function resync({ resync: r }: ResolvedRig['tracking']): object | undefined {
  if (r === undefined) return undefined;
  return {
    maxRate: r.maxBytesPerSecond === 0 ? 'unlimited' : formatSize(r.maxBytesPerSecond),
    minShare: r.minShare,
  };
}

function area(d: DeviceRef): object {
  return {
    device: d.device,
    serial: d.serial,
    wwn: d.wwn,
    backingFile: d.backingFile,
    size: d.sizeBytes === undefined ? undefined : formatSize(d.sizeBytes),
    durability: d.durability,
  };
}

function range<T>(r: MinMax, format: (v: number) => T): T[] {
  return [format(r.min), format(r.max)];
}

function byName<T extends { name: string }>(list: T[], value: (v: Omit<T, 'name'>) => object): Record<string, object> {
  return Object.fromEntries(list.map(({ name, ...rest }) => [name, value(rest)]));
}

function campaign(c: CampaignSpec): object {
  const orNone = <T>(v: number | null, format: (n: number) => T): T | 'none' => (v === null ? 'none' : format(v));
  const d = c.deadlinesMs;
  return {
    cycles: c.cycles,
    seed: c.seed,
    cuts: c.cuts.map(({ afterMs, ...k }) => ({ ...k, after: range(afterMs, formatDuration) })),
    dark: formatDuration(c.darkMs),
    silence: formatDuration(c.silenceMs),
    prepare: c.prepare,
    judge: passes(c.judge),
    verify: passes(c.verify),
    scrub: c.scrubPercent,
    keepHistory: c.keepHistory,
    deadlines: Object.fromEntries(Object.entries(d).map(([name, ms]) => [name, formatDuration(ms)])),
    limits: {
      recovery: orNone(c.limits.recoveryMs, formatDuration),
      resync: orNone(c.limits.resyncMs, formatDuration),
      falseDirtyRegions: orNone(c.limits.falseDirtyRegions, Number),
    },
  };
}

function passes(schedule: PassSchedule): object | string {
  if (schedule.fullEvery === null) return 'touched';
  return schedule.fullEvery === 1 ? 'full' : schedule;
}

function lab(l: LabSpec): object {
  return {
    seed: l.seed,
    disks: byName(l.disks, (d) => ({
      size: formatSize(d.sizeBytes),
      sectorSize: d.logicalBlockBytes,
      fedBy: `${d.fedBy.board}:${d.fedBy.channel}`,
      contact: d.contact,
      cache: formatSize(d.cacheBytes),
      killModel: d.killModel,
      keepProbability: d.keepProbability,
      tearProbability: d.tearProbability,
      holdUp: formatDuration(d.holdUpMs),
      vanish: d.vanish,
      ...(d.silent === null ? {} : { silent: d.silent }),
      faults: d.faults,
    })),
    boards: byName(l.boards, ({ contactDelayMs, ...b }) => ({ ...b, contactDelay: formatDuration(contactDelayMs) })),
  };
}
