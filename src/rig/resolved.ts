/**
 * A rig profile after validation and unit conversion: what every command works from. Sizes in bytes, times in
 * milliseconds, one object per thing on the bench. Written to the run directory as `rig.yaml`.
 */

export type AreaName = 'primary' | 'secondary' | 'journal';

export interface DeviceRef {
  /** A path (`/dev/disk/by-id/…`), or `lab:NAME` for a virtual disk of this profile's `lab:` section. */
  device: string;
  /** Must match what the device says; undefined = not checked (only allowed for lab devices). */
  serial?: string;
  wwn?: string;
  /** Loop devices only: the file behind it must be this one. */
  backingFile?: string;
  /** Use only the first so many bytes; default: all. */
  sizeBytes?: number;
  /** How a write is made durable: a flush behind it, or FUA on each write. */
  durability: 'flush' | 'fua';
}

export interface JournalRef extends DeviceRef {
  /** Bytes of the log ring (both copies together); the rest of the device holds superblocks and the indicator area. */
  logBytes: number;
}

export interface TrackingSpec {
  mode: 'sync' | 'async';
  /** `completed` acknowledges completion instead of durability: UNSAFE, kept to show that the judge catches it. */
  acknowledge: 'durable' | 'completed';
  regionBytes: number;
  lingerMs: number;
  hotRegions: number;
  ackTimeoutMs: number;
  /** How long evidence without a waiter may stay in an open log block. */
  groupCommitMs: number;
  /** A flush is sent to an area at the latest after so many completed writes … */
  flushEveryWrites: number;
  /** … or so long after the first of them. */
  flushIntervalMs: number;
}

export interface WorkloadSpec {
  /** Updates in flight. */
  queueDepth: number;
  writesPerTransaction: { min: number; max: number };
  writeBytes: { min: number; max: number };
  /** `skewed`: Zipf-like, `skew` 0 … 1.2 (theta); `uniform` ignores it. */
  addresses: { pattern: 'skewed' | 'uniform'; skew: number };
  /** 0: as fast as it goes. */
  maxWritesPerSecond: number;
}

export interface RailSpec {
  name: string;
  board: string;
  /** 1-based, as printed on the boards. */
  channels: number[];
  /** Which devices it feeds. */
  powers: AreaName[];
  /** The relay's contact in use: normally open (power on = relay on) or normally closed. */
  contact: 'NO' | 'NC';
  invert: boolean;
  settleMs: number;
}

export interface BoardRef {
  name: string;
  /** A board of the catalogue (`lcus`, `modbus-rtu`, …) or one described in the profile's `boardTypes`. */
  type: string;
  /** A tty path, or `lab:NAME` for a virtual board; empty for `exec`, which has none. */
  tty: string;
  channels: number;
  /** Board-specific: baud, unit address, commands of `exec`, … as src/power/ validates them. */
  options: Record<string, unknown>;
}

/** Moments of the protocol at which a cut can be aimed; `src/rig/cutPoints.ts` says what each is. */
export type CutPoint =
  | 'evidence-durable'
  | 'log-write'
  | 'primary-only'
  | 'secondary-only'
  | 'both-completed'
  | 'flush'
  | 'release-write'
  | 'release-durable'
  | 'mark-write'
  | 'mark-copies'
  | 'copy-read'
  | 'copy-durable'
  | 'clear-write'
  | 'clear-copies'
  | 'clear-durable'
  | 'dirty-read'
  | 'dirty-write';

export interface CutSpec {
  rails: string[];
  during: 'load' | 'resync' | 'recovery';
  /** The cut comes at a seeded uniform time in this range after the phase began; with `at`: not before it. */
  afterMs: { min: number; max: number };
  /** The cut comes when the protocol gets here; absent: at that time, wherever the protocol is. */
  at?: CutPoint;
}

/** Whose history of writes stays in the run directory: of the cycles around those that did not pass, of all, of none. */
export type KeepHistory = 'failures' | 'all' | 'none';

export interface CampaignSpec {
  cycles: number;
  seed: number;
  /** Cycle i uses cuts[i % cuts.length]. */
  cuts: CutSpec[];
  darkMs: number;
  /** A read unanswered for so long is silence. */
  silenceMs: number;
  /** `stamp` lays a base pattern on every sector of both areas first; `compare` trusts equal areas. */
  prepare: 'stamp' | 'compare';
  keepHistory: KeepHistory;
  deadlinesMs: { cut: number; point: number; return: number; recover: number; judge: number; resync: number };
  /** FAIL beyond these; null = no limit. */
  limits: { recoveryMs: number | null; resyncMs: number | null; falseDirtyRegions: number | null };
}

export type KillModel = 'keep-drop' | 'drop' | 'keep' | 'mixed';

export interface LabDiskSpec {
  name: string;
  sizeBytes: number;
  logicalBlockBytes: 512 | 4096;
  /** Channel that feeds it: `BOARD:CHANNEL` of a lab board. */
  fedBy: { board: string; channel: number };
  /** How that relay is wired: NO, it has power while the relay is on; NC, while it is off. */
  contact: 'NO' | 'NC';
  /** Volatile write cache; when full, oldest entries are made durable. */
  cacheBytes: number;
  killModel: KillModel;
  /** keep-drop: chance that an unflushed write survives. */
  keepProbability: number;
  /** Chance that an unflushed write that survives is torn at 512 bytes. */
  tearProbability: number;
  /** Supply's hold-up: the disk works on for so long after the relay has switched. */
  holdUpMs: number;
  /** The node vanishes while dark and comes back (possibly under another loop number). */
  vanish: boolean;
  /** Nothing is answered while dark. With the power back, what waited fails or is done; null: it fails at once, in the dark. */
  silent: 'fail' | 'retry' | null;
  /** Faults of the catalogue, as src/lab/ validates them; e.g. { class: 'lying-flush' }. */
  faults: Record<string, unknown>[];
}

export interface LabBoardSpec {
  name: string;
  protocol: string;
  channels: number;
  contactDelayMs: number;
  /** Quirks and misbehaviours of the peer, as src/lab/ validates them. */
  options: Record<string, unknown>;
}

export interface LabSpec {
  seed: number;
  disks: LabDiskSpec[];
  boards: LabBoardSpec[];
}

/** Allowed, but probably not what was meant. */
export interface RigWarning {
  /** As in the profile: `rails.P`. */
  field: string;
  text: string;
}

export interface ResolvedRig {
  schemaVersion: 1;
  /** File it came from; for messages. */
  file: string;
  name: string;
  primary: DeviceRef;
  secondary: DeviceRef;
  journal: JournalRef;
  tracking: TrackingSpec;
  workload: WorkloadSpec;
  boards: BoardRef[];
  /** Board descriptions of the user's own, in the language of src/power/. */
  boardTypes: Record<string, unknown>;
  rails: RailSpec[];
  campaign: CampaignSpec;
  lab: LabSpec | null;
  warnings: RigWarning[];
}
