/**
 * The interface of the replication engine, as the campaign and the commands use it, with its settings, reports and
 * events. Every method but `unanswered` returns a promise, so that the main thread is never blocked.
 */
import type { HostPause } from '../base/attendedTime.js';
import type { AreaName } from '../base/areas.js';
import type { DeviceRef, DeviceIdentity } from '../blockdev/blockDevice.js';
import type { CutPoint } from './cutpoint/cutPoint.js';
import type { LoadReport } from './loadReport.js';
import type { WorkloadSpec } from '../workload/workload.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { JudgeReport, RecoveryReport, ResyncReport, VerifyReport } from '../judge/verdict/reports.js';

export type { LoadCosts, LoadReport, UpdateTimings } from './loadReport.js';
export type {
  AreaCounts,
  JudgeReport,
  PassCoverage,
  RecoveryReport,
  ResyncReport,
  VerifyReport,
} from '../judge/verdict/reports.js';

export interface JournalRef extends DeviceRef {
  /** Bytes of the log, both copies together; the rest of the device holds superblocks and the indicator area. */
  logBytes: number;
}

export interface TrackingSpec {
  mode: 'sync' | 'async';
  /**
   * With `completed` the engine acknowledges before a write is durable. UNSAFE: it exists to show that the
   * judge detects it.
   */
  acknowledge: 'durable' | 'completed';
  regionBytes: number;
  lingerMs: number;
  hotRegions: number;
  ackTimeoutMs: number;
  /** How long a record that no update waits for may stay in the open commit. */
  groupCommitMs: number;
  /** The engine flushes an area after this many completed writes … */
  flushEveryWrites: number;
  /** … or this long after the first of them, whichever is earlier. */
  flushIntervalMs: number;
  /** Absent: resync is as fast as the devices, and without regard for the application. */
  resync?: ResyncSpec;
}

export interface ResyncSpec {
  /** On average over a few regions; 0: no limit. */
  maxBytesPerSecond: number;
  /** Share of the time in which resync copies while the application writes: above 0 and up to 1. */
  minShare: number;
}

/** Which history of writes stays in the run directory: of failed cycles and their neighbors, of all, of none. */
export type KeepHistory = 'failures' | 'all' | 'none';

export interface ReplicationSpec {
  /** 16 bytes as hex with dashes; in every block of the journal. */
  rigUuid: string;
  /**
   * Paths are resolved (no `lab:`), and the safety gate has checked the identities. The engine checks them again on the
   * open descriptors.
   */
  primary: DeviceRef;
  secondary: DeviceRef;
  journal: JournalRef;
  tracking: TrackingSpec;
  ffi: FfiName;
  /** The open lock file of the rig. It stays open, and so locked, until the kernel has released the devices. */
  lockFd?: number;
  /** 1 … 2^53-1; in every stamp. */
  runId: number;
  /** history/ of the run directory; null: the engine writes no history (resync, verify, inspect). */
  historyDir: string | null;
  /** Left out: all. */
  keepHistory?: KeepHistory;
  /** Bytes of records in one history file; left out: HISTORY_FILE_BYTES. */
  historyFileBytes?: number;
}

/** Changes of the history files at the start of a cycle. */
export interface HistoryChange {
  /** Name of the file in `historyDir` that gets the records of the cycle; null: records are not kept. */
  file: string | null;
  /** Removed files, with the cycles that each held. */
  pruned: { firstCycle: number; lastCycle: number; bytes: number }[];
}

export interface OpenReport {
  identities: Record<AreaName, DeviceIdentity>;
  /** The smaller area, a multiple of the logical block size; the last region may be short. */
  usableBytes: number;
  regionCount: number;
  io: 'io_uring' | 'threads';
}

/** Durations counted in buckets. */
export interface DurationCounts {
  /**
   * `counts[i]`: durations up to bound i of `IO_SECONDS` (meter.ts), and above the bound before it; last: longer ones.
   */
  counts: number[];
  sumSeconds: number;
}

/** The state of the engine; the worker sends about 10 a second. */
export interface ReplicationSnapshot {
  phase: string;
  regionCount: number;
  dirtyRegions: number;
  persistedIndicators: number;
  updatesInFlight: number;
  logUsedBytes: number;
  logBytes: number;
  /** Counters since the worker started. */
  writes: Record<AreaName, number>;
  writeBytes: Record<AreaName, number>;
  resyncBytes: number;
  resyncRemainingRegions: number;
  /**
   * Until the running resync ends, from how fast the number of dirty regions falls; `never`: it does not fall. Absent:
   * not known yet, or no resync runs.
   */
  resyncSecondsLeft?: number | 'never';
  /** Progress 0 … 1 of the running phase (prepare, judge, resync, verify), and its rate. */
  phaseDone: number;
  phaseBytesPerSecond: number;
  /** Durations, since the last snapshot, of every write that `writes` counts. */
  writeDurations: Record<AreaName, DurationCounts>;
  /** Times from obtaining an update to its submission, since the last snapshot. */
  evidenceWaits: DurationCounts;
  /** A sample of them, in seconds: at most 2,000. */
  evidenceWaitSeconds: number[];
}

/**
 * An I/O of an area failed, or stayed without an answer. During a cut it can prove that the area lost power; without a
 * cut it is a fault.
 */
export interface AreaFailure {
  area: AreaName;
  errno: number;
  /** CLOCK_MONOTONIC, ns; the clock of process.hrtime. */
  atNs: number;
  /** The area left an I/O unanswered for `tracking.ackTimeout`; no I/O failed. The engine gives the area up. */
  timedOut?: true;
  /**
   * The I/Os in flight when the engine got the failure, the failed one included. Absent: the engine did not report this
   * failure.
   */
  inFlight?: InFlight;
}

/** Numbers of I/Os in flight, by area and kind; areas and kinds without any are left out. */
export type InFlight = Partial<Record<AreaName, Partial<Record<IoKind, number>>>>;
export type IoKind = 'write' | 'copy-read' | 'copy-write' | 'flush' | 'log' | 'page';

/** A request to halt the protocol at a cut point. */
export interface PointArm {
  at: CutPoint;
  /** The point becomes active this long after the phase has started. */
  afterMs: number;
  /** Areas that the cut powers off. */
  areas: readonly AreaName[];
}

/** The I/O at which the protocol halted; for reports, and for tests that read the disks. */
export interface PointSubject {
  kind: IoKind;
  area: AreaName;
  /** 0: the I/O belongs to no update. */
  updateId: number;
  /** Range on `area`: that of the update or copy that the I/O belongs to, or of the I/O if it belongs to none. */
  offsetBytes: number;
  lengthBytes: number;
}

export type PointEvent =
  /**
   * `held` true: the disks are in the state that the point names, and the engine submits nothing until the power loss
   * is announced. False: it submits only `subject`, half a latency before the time that `sendPoint` gives.
   */
  | { type: 'reached'; at: CutPoint; held: boolean; atNs: number; subject: PointSubject }
  /**
   * The protocol continues (power lost, stopped, disarmed). Of the I/O of `subject`: `sentNs` null: not sent; `endedNs`
   * null: not ended.
   */
  | { type: 'ended'; atNs: number; sentNs: number | null; endedNs: number | null; ok: boolean; inFlight: InFlight };

/** The regions that await resync in a new journal. `dirtyRegions`: their numbers, in any order. */
export type JournalContent = 'clean' | 'dirty' | { dirtyRegions: Uint32Array };

export interface ReplicationEvents {
  /** The first update of a load has been obtained. A cut before this moment would test nothing. */
  onLoadBegan?(): void;
  onFailure(f: AreaFailure): void;
  onSnapshot(s: ReplicationSnapshot): void;
  onPoint?(e: PointEvent): void;
  /** The host paused the I/O thread or the process. Called when the thread runs again. */
  onPause?(pause: HostPause): void;
}

/** What a judge or verify pass is to read. */
export interface PassRequest {
  /**
   * `touched`: regions written, copied or dirty since the last pass that read every region, and their neighbors. The
   * first pass after `open` is a full one all the same: a new worker does not know what was written before.
   */
  extent: 'full' | 'touched';
  /** Share of all regions that a `touched` pass reads beyond those, in turn; 0 to 100. */
  scrubPercent: number;
}

/**
 * One replication engine, in one worker thread. After a power cut the campaign calls `abandon()` and `open()`: the
 * engine then starts from the content of the disks alone. The history of issued, completed and flushed writes, which
 * the judge needs, stays in the worker across `abandon` and `open`.
 *
 * The promises reject with `ReplicationError` (code, context). While one is pending, the caller may only call `stop`,
 * `sendPoint`, `disarmPoint`, `powerLost`, `unanswered` and `terminate`.
 */
export interface ReplicationEngine {
  /** Opens the three devices (O_DIRECT | O_EXCL), checks identities. Rejects with DEVICE_* codes. */
  open(spec: ReplicationSpec): Promise<OpenReport>;
  /**
   * Writes a journal with an empty log in which no region (`clean`), every region (`dirty`) or some regions await
   * resync. Callers format with `dirty` before `prepare`: as long as P and S may differ, the journal must say so, also
   * when the bench dies.
   */
  format(content: JournalContent): Promise<void>;
  /**
   * A cycle starts. `passed`: the result of the cycle before; null before the first. The engine may now remove records
   * of cycles that passed.
   */
  beginCycle?(cycle: number, passed: boolean | null): Promise<HistoryChange>;
  /** Writes the base pattern to every sector of P and S and flushes both. */
  prepare(): Promise<{ bytes: number; durationMs: number }>;
  /**
   * Instead of `prepare`, with a workload that writes within a working set: writes the regions of that set and their
   * neighbors, once, as tracked updates. No later pass has to read the rest: it is assumed to be equal on P and S.
   */
  prepareWorkingSet(w: WorkloadSpec): Promise<{ bytes: number; durationMs: number }>;
  /** Recovers D from the journal alone and makes it durable in the indicator area (R11). */
  recover(point?: PointArm): Promise<RecoveryReport>;
  /** Runs the workload until `stop`, or until P or the journal is lost. Without S it continues, degraded. */
  load(w: WorkloadSpec, seed: number, durationMs: number | null, point?: PointArm): Promise<LoadReport>;
  /**
   * Copies D from P to S and clears it (R10). Ends early when a device is lost. `withLoad`: with a load at the same
   * time.
   */
  resync(withLoad?: { workload: WorkloadSpec; seed: number }, point?: PointArm): Promise<ResyncReport>;
  /**
   * Reads P and S, and compares them with each other, with D and with the history. Without `pass`: every byte, and the
   * report says nothing of its coverage.
   */
  judge(pass?: PassRequest): Promise<JudgeReport>;
  /** Compares P with the history, and S with P. */
  verify(pass?: PassRequest): Promise<VerifyReport>;
  /**
   * After a verify that found differences: marks every differing region and resynchronizes. Else the next cycle would
   * count the same losses again. Needs a recovered journal. `pass`: of that verify.
   */
  repair(pass?: PassRequest): Promise<ResyncReport>;
  /**
   * Ends the running call. `load` and `resync` resolve with what they did. `prepare`, `recover`, `judge`, `verify` and
   * the comparison of `repair` reject with ENGINE_STOPPED; the caller may then only `abandon` if a device has left I/O
   * unanswered.
   */
  stop(): Promise<void>;
  /**
   * Sets the expected time of the power loss (CLOCK_MONOTONIC ns), so that the engine has the I/O of the point in
   * flight then.
   */
  sendPoint(powerLossNs: number): Promise<void>;
  /** Disarms the cut point. A protocol that is halted there continues. */
  disarmPoint(): Promise<void>;
  /** The bench has cut the power of these areas: their power epoch ends before power can come back (R4). */
  powerLost(areas: AreaName[]): Promise<void>;
  /** Discards the memory of the engine and closes the devices, as a host that dies does; writes nothing. */
  abandon(): Promise<void>;
  /** Orderly end: waits for what is in flight, writes the marks of R9, closes the devices. */
  close(): Promise<void>;
  /** I/Os that the devices have not answered while `abandon` or `close` waits for them. */
  unanswered?(): Partial<Record<AreaName, number>>;
  /** Ends the worker thread. I/O that it waited for stays in the kernel. */
  terminate(): Promise<void>;
}
