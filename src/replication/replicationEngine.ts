/**
 * The bench's side of the I/O worker thread: what the campaign and the commands may ask of the engine. All of it is
 * asynchronous to the main thread; the worker itself never waits for an event loop.
 */
import type { HostPause } from '../base/attendedTime.js';
import type { AreaName } from '../base/areas.js';
import type { DeviceRef, DeviceIdentity } from '../blockdev/blockDevice.js';
import type { CutPoint } from './cutpoint/cutPoint.js';
import type { TrackingSpec, JournalRef, KeepHistory } from './spec.js';
import type { WorkloadSpec } from '../workload/workload.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { JudgeReport, RecoveryReport, ResyncReport, VerifyReport } from '../judge/verdict/reports.js';

export type { AreaCounts, JudgeReport, RecoveryReport, ResyncReport, VerifyReport } from '../judge/verdict/reports.js';

export interface ReplicationSpec {
  /** 16 bytes as hex with dashes; in every block of the journal. */
  rigUuid: string;
  /** Paths already resolved (no `lab:`), identity already passed by the safety gate; checked again on the open descriptor. */
  primary: DeviceRef;
  secondary: DeviceRef;
  journal: JournalRef;
  tracking: TrackingSpec;
  ffi: FfiName;
  /** The open file of the rig's lock: it stays open, and so locked, until the kernel has let go of the devices. */
  lockFd?: number;
  /** 1 … 2^53-1; in every stamp. */
  runId: number;
  /** history/ of the run directory; null: no history is written (resync, verify, inspect). */
  historyDir: string | null;
  /** Which of it stays; left out: all of it. */
  keepHistory?: KeepHistory;
  /** Records of one file of it; left out: HISTORY_FILE_BYTES. */
  historyFileBytes?: number;
}

/** What became of the history as a cycle began. */
export interface HistoryChange {
  /** In the history's directory: where the records of the cycle go; null: they are not kept. */
  file: string | null;
  /** Removed, each a file's records of whole cycles. */
  pruned: { firstCycle: number; lastCycle: number; bytes: number }[];
}

export interface OpenReport {
  identities: Record<AreaName, DeviceIdentity>;
  /** The smaller area, a multiple of the logical block size; the last region may be short. */
  usableBytes: number;
  regionCount: number;
  io: 'io_uring' | 'threads';
}

export interface LoadReport {
  updatesIssued: number;
  updatesAcknowledged: number;
  updatesAnswered: number;
  updatesRefused: number;
  updatesGivenUp: number;
  writtenBytes: number;
  durationMs: number;
}

/** Durations counted by bucket. */
export interface DurationCounts {
  /** By the bounds of `IO_SECONDS`, each up to and including its bound; one more for what is longer than the last. */
  counts: number[];
  sumSeconds: number;
}

/** Sampled by the main thread at any time (about 10 a second); plain numbers. */
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
  /** Fraction 0 … 1 of the running phase (prepare, judge, resync, verify), and its rate. */
  phaseDone: number;
  phaseBytesPerSecond: number;
  /** Since the last snapshot: of every write that `writes` counts. */
  writeDurations: Record<AreaName, DurationCounts>;
  evidenceWaits: DurationCounts;
  /** Some of the evidence waits since the last snapshot, in seconds: at most 2,000. */
  evidenceWaitSeconds: number[];
}

/** An area's I/O failed: device-side evidence of a cut, or a fault when nobody pulled the plug. */
export interface AreaFailure {
  area: AreaName;
  errno: number;
  /** CLOCK_MONOTONIC, ns; the clock of process.hrtime. */
  atNs: number;
  /** Nothing failed: the area left an I/O unanswered for `tracking.ackTimeout`, and the engine goes on without it. */
  timedOut?: true;
  /** What the engine had on its way when it saw the failure, the failed one included. Absent: seen by others. */
  inFlight?: InFlight;
}

/** I/Os on their way, by area and kind; areas and kinds without any are left out. */
export type InFlight = Partial<Record<AreaName, Partial<Record<IoKind, number>>>>;
export type IoKind = 'write' | 'copy-read' | 'copy-write' | 'flush' | 'log' | 'page';

/** Stop the protocol at a named point, for the plug to be pulled there. */
export interface PointArm {
  at: CutPoint;
  /** Not before so long after the work began. */
  afterMs: number;
  /** Areas that the cut will darken. */
  areas: readonly AreaName[];
}

/** What the protocol stopped over; for people and for who looks at the disks. */
export interface PointSubject {
  kind: IoKind;
  area: AreaName;
  /** 0: not an update's. */
  updateId: number;
  /** Of the update or copy, else of the I/O; on its area. */
  offsetBytes: number;
  lengthBytes: number;
}

export type PointEvent =
  /**
   * Nothing is submitted any more. `held`: the disks are in the state that the point names, and stay in it until the
   * power loss is announced. Otherwise `subject` is held back, and goes out when `sendPoint` says.
   */
  | { type: 'reached'; at: CutPoint; held: boolean; atNs: number; subject: PointSubject }
  /** The protocol goes on (power lost, stopped, disarmed). Times of `subject`'s I/O; null: not sent, not over. */
  | { type: 'ended'; atNs: number; sentNs: number | null; endedNs: number | null; ok: boolean; inFlight: InFlight };

export interface ReplicationEvents {
  /** The first update of a load is on its way: until then there is nothing to cut. */
  onLoadBegan?(): void;
  onFailure(f: AreaFailure): void;
  onSnapshot(s: ReplicationSnapshot): void;
  onPoint?(e: PointEvent): void;
  /** The I/O thread alone stood still, or the whole process: told once it looks at its ring again. */
  onPause?(s: HostPause): void;
}

/**
 * One engine, in one worker thread. After a power cut the campaign calls `abandon()` and starts a new one: that one has
 * seen nothing but the disks. What the judge needs (history of issued, completed and flushed writes) stays in the
 * worker across `abandon`/`open`, apart from the engine.
 *
 * Every method rejects with `ReplicationError` (code, context). None may be called while another one runs, except `stop`,
 * `sendPoint`, `disarmPoint`, `powerLost` and `terminate`.
 */
export interface ReplicationEngine {
  /** Opens the three devices (O_DIRECT | O_EXCL), checks identities. Rejects with DEVICE_* codes. */
  open(spec: ReplicationSpec): Promise<OpenReport>;
  /**
   * Writes a journal with an empty log in which nothing (`clean`) or everything (`dirty`) awaits resync. `dirty` comes
   * first: until P and S are known to be equal, a bench that dies must leave a journal that says so.
   */
  format(content: 'clean' | 'dirty'): Promise<void>;
  /**
   * A cycle begins; `passed`: how the one before it ended, null before the first. Records of cycles that passed may be
   * removed. An engine that keeps no history has no such method.
   */
  beginCycle?(cycle: number, passed: boolean | null): Promise<HistoryChange>;
  /** Lays the base pattern on every sector of P and S and flushes both. */
  prepare(): Promise<{ bytes: number; durationMs: number }>;
  /** Reads the journal alone and makes D durable in the indicator area (R11). */
  recover(point?: PointArm): Promise<RecoveryReport>;
  /** Runs the workload until `stop`, or until P or the journal is lost. S lost: it goes on, degraded. */
  load(w: WorkloadSpec, seed: number, durationMs: number | null, point?: PointArm): Promise<LoadReport>;
  /** Copies D from P to S and clears it (R10). Ends early when a device is lost. `withLoad`: application writes go on. */
  resync(withLoad?: { workload: WorkloadSpec; seed: number }, point?: PointArm): Promise<ResyncReport>;
  /** Compares P and S against D and against the history; reads every byte of both. */
  judge(): Promise<JudgeReport>;
  verify(): Promise<VerifyReport>;
  /**
   * After a verify that found differences: marks every region that differs and resynchronizes, so that what one cycle
   * lost is not counted again in the next. Needs a recovered journal.
   */
  repair(): Promise<ResyncReport>;
  /** Ends `load`/`resync`/`prepare`/`judge`/`verify` at the next safe point; the pending promise resolves. */
  stop(): Promise<void>;
  /** When the power is expected to go (CLOCK_MONOTONIC ns): an I/O held back at its point is on its way just then. */
  sendPoint(feltNs: number): Promise<void>;
  /** The armed point is waited for no longer; where the protocol stands still, it goes on. */
  disarmPoint(): Promise<void>;
  /** The bench has cut these areas' power: their epoch ends before power can come back (R4). */
  powerLost(areas: AreaName[]): Promise<void>;
  /** Drops the engine's memory and closes the devices, as a dead host would; nothing is written. */
  abandon(): Promise<void>;
  /** Orderly: waits for what is in flight, writes R9 marks, closes. */
  close(): Promise<void>;
  /** I/Os that the devices have left unanswered while `abandon` or `close` waits for them. */
  unanswered?(): Partial<Record<AreaName, number>>;
  /** Ends the worker thread; what it waits for stays the kernel's. */
  terminate(): Promise<void>;
}
