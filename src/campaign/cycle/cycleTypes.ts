/**
 * Types of the cycle state machine: its inputs, its effects and its state.
 *
 *   preflight ─► load ─► arm ─► cut ─► `dark` ─► restore ─► identify ─► recover ─► judge ─► resync ─► verify
 *                 ▲                                                      │
 *                 └──────────── next cut of the same cycle ◄─────────────┘   (cut during resync or recovery)
 *
 * The phase `dark` is the power-off time; records carry that name.
 */
import type { HostPause } from '../../base/attendedTime.js';
import type { AreaName } from '../../base/areas.js';
import type { CutPoint } from '../../replication/cutpoint/cutPoint.js';
import type { CampaignSpec } from '../../rig/resolved.js';
import type {
  AreaFailure,
  JudgeReport,
  LoadReport,
  PassRequest,
  PointArm,
  PointEvent,
  RecoveryReport,
  ResyncReport,
  VerifyReport,
} from '../../replication/replicationEngine.js';

/** One cut. A cycle has one; before a cut during resync or recovery an earlier one makes regions dirty. */
export interface CutRound {
  during: 'load' | 'resync' | 'recovery';
  rails: readonly RailCut[];
  /** After the work began; when the work ends earlier the cut comes at once (see `CutRecord.hitWork`). */
  afterMs: number;
  /** The cut happens when the protocol reaches this point, not before `afterMs`. */
  at?: CutPoint;
  /** Calibrated latency of the rails: the command goes out so much earlier, at the earliest at once. 0: not known. */
  leadMs: number;
  /** Seed of the writes of a `load`. */
  workloadSeed: number;
}

export type PointReached = Extract<PointEvent, { type: 'reached' }>;
export type PointEnded = Extract<PointEvent, { type: 'ended' }>;

export interface RailCut {
  rail: string;
  /** Areas that lose power by this cut: it includes every rail that feeds them. */
  areas: readonly AreaName[];
  /** In a round with a point: the calibrated latency of this rail. */
  leadMs?: number;
}

export interface CycleSettings {
  index: number;
  seed: number;
  rounds: readonly CutRound[];
  powerOffMs: number;
  unresponsiveAfterMs: number;
  deadlinesMs: CampaignSpec['deadlinesMs'];
  judge: PassRequest;
  verify: PassRequest;
}

/** Step of the machine. Finer than the phases: each waits for exactly one kind of input. */
export type CycleStep =
  | 'idle'
  | 'checkingReadable'
  | 'working'
  | 'arming'
  | 'cutting'
  /** No failure detected in time, and the board has not reported yet whether it switched. */
  | 'awaitingBoard'
  | 'poweredOff'
  | 'probingOff'
  | 'stopping'
  | 'abandoning'
  | 'restoring'
  | 'returning'
  /** Unresponsive devices are back, and the engine waits for the I/O that it had in flight there. */
  | 'releasing'
  | 'identifying'
  | 'opening'
  | 'recovering'
  | 'judging'
  | 'resyncing'
  | 'verifying'
  | 'ended';

export type CyclePhase =
  | 'preflight'
  | 'load'
  | 'arm'
  | 'cut'
  | 'dark'
  | 'restore'
  | 'identify'
  | 'recover'
  | 'judge'
  | 'resync'
  | 'verify'
  | 'end';

export type WorkName = 'load' | 'resync' | 'recover';

/** The board's report on one switched rail. */
export interface SwitchRecord {
  rail: string;
  /** CLOCK_MONOTONIC ns of the request to the board: it can't have caused an earlier failure. */
  askedNs: number;
  /** When the command's last byte was handed over; per rail where a board is switched channel by channel. */
  commandNs: number;
  doneNs: number;
  evidence: 'none' | 'echo' | 'read-back' | 'measured';
  /** Measured per channel of the rail, in the unit of the board (volts of a supply). */
  measured?: readonly number[];
}

/**
 * A device without power was detected: by the engine's I/O, by a probe, by its missing node, or by an unanswered read.
 */
export interface DeviceSign extends AreaFailure {
  source: 'engine' | 'probe' | 'vanished' | 'silent';
  /** For an unanswered read: when it was submitted. */
  sinceNs?: number;
}

/** A power counter of a disk before and after a cut. */
export interface CounterChange {
  area: AreaName;
  counter: 'unsafe shutdowns' | 'power cycles';
  before: number;
  after: number;
}

export interface CutRecord {
  round: CutRound;
  /** When the work to be cut began; `afterMs` counts from it. */
  workSinceMs: number;
  /** The work to be cut was still going on when the command went out. */
  hitWork: boolean;
  /** The cut point that was reached; null: none, or not within `deadlines.point`. */
  reached: PointReached | null;
  ended: PointEnded | null;
  commands: readonly SwitchRecord[];
  /** Areas that answered a read immediately before the command: only their later failure proves anything. */
  readableBefore: readonly AreaName[];
  signs: readonly DeviceSign[];
  /**
   * Areas that answered reads at the end of the power-off time: no cut happened there, whatever was detected before.
   */
  readableWhileOff: readonly AreaName[];
  /** When that was read, on the clock of the commands; absent: the power-off time did not end. */
  offProbeNs?: number;
  /** Areas that then neither answered nor failed. The engine's I/O on them completes with their power. */
  unresponsiveWhileOff: readonly AreaName[];
  restoredNs: number | null;
  /** Read once the devices are back. */
  counters: readonly CounterChange[];
  load: LoadReport | null;
  resync: ResyncReport | null;
  /** Error with which the engine's work ended at the cut; null: it ended without one. */
  workError: string | null;
  /** Pauses of the bench process since the command was due; monotonic. */
  hostPauses: readonly HostPause[];
}

export interface CycleFacts {
  cuts: readonly CutRecord[];
  /** The judge got the D of the last one. */
  recoveries: readonly RecoveryReport[];
  judge: JudgeReport | null;
  resync: ResyncReport | null;
  verify: VerifyReport | null;
  /** I/O failures with every rail on: faults of a device. */
  unprovoked: readonly AreaFailure[];
  /** Pauses of the bench process: `atMs` from the cycle's beginning. No deadline counts that time. */
  hostPauses: readonly HostPause[];
  /** When a deadline was missed, from the cycle's beginning; null: none. */
  missedAtMs: number | null;
}

/** Ends the cycle and the campaign: a failure of the bench (`hardware`) or of the program (`internal`). */
export interface CycleProblem {
  kind: 'hardware' | 'internal';
  code: string;
  text: string;
}

export type CycleOutcome =
  | { kind: 'complete' }
  | { kind: 'problem'; problem: CycleProblem; phase: CyclePhase }
  | { kind: 'interrupted'; phase: CyclePhase };

export interface CycleState {
  settings: CycleSettings;
  step: CycleStep;
  /** When the cycle began. */
  sinceMs: number;
  roundIndex: number;
  /** The running work of the engine. */
  work: WorkName | null;
  /** The engine halts at the round's cut point. */
  reached: PointReached | null;
  /** When that work, or the last one, began; for a load: its first update. */
  workSinceMs: number;
  /** The engine was asked to close the devices and has not done so yet. */
  holding: boolean;
  /** When `tick` is due: for the cut, the end of the power-off time, or a deadline. null: nothing is timed. */
  timerMs: number | null;
  facts: CycleFacts;
  outcome: CycleOutcome | null;
}

export type CycleInput =
  | { type: 'start'; nowMs: number }
  | { type: 'tick'; nowMs: number }
  | { type: 'readable'; nowMs: number; areas: readonly AreaName[]; unresponsive: readonly AreaName[] }
  | { type: 'areaFailed'; nowMs: number; sign: DeviceSign }
  | { type: 'loadBegan'; nowMs: number }
  | { type: 'point'; nowMs: number; event: PointEvent }
  | { type: 'switchedOff'; nowMs: number; commands: readonly SwitchRecord[] }
  | { type: 'switchedOn'; nowMs: number; atNs: number }
  | { type: 'returned'; nowMs: number }
  | { type: 'identified'; nowMs: number; mismatch: CycleProblem | null; counters: readonly CounterChange[] }
  | { type: 'abandoned'; nowMs: number }
  | { type: 'opened'; nowMs: number }
  | { type: 'loaded'; nowMs: number; report: LoadReport }
  | { type: 'recovered'; nowMs: number; report: RecoveryReport }
  | { type: 'judged'; nowMs: number; report: JudgeReport }
  | { type: 'resynced'; nowMs: number; report: ResyncReport }
  | { type: 'verified'; nowMs: number; report: VerifyReport }
  /** The engine's work was rejected; expected only while its devices have no power. */
  | { type: 'workFailed'; nowMs: number; work: WorkName; problem: CycleProblem }
  | { type: 'problem'; nowMs: number; problem: CycleProblem }
  | { type: 'hostPause'; nowMs: number; pause: HostPause }
  | { type: 'interrupt'; nowMs: number };

export type CycleEffect =
  /** Without `unresponsiveAfterMs` it waits as long as the reads take. */
  | { type: 'probe'; areas: readonly AreaName[]; unresponsiveAfterMs?: number }
  /** Probes these areas until each fails, and reports that; ends with the next `probe` or `awaitReturn`. */
  | { type: 'watch'; areas: readonly AreaName[]; unresponsiveAfterMs: number }
  | { type: 'load'; seed: number; point?: PointArm }
  /** Submits the I/O held back at the point, `leadMs` after the command, or after now when there is none yet. */
  | { type: 'sendPoint'; commandNs: number | null; leadMs: number }
  | { type: 'disarmPoint' }
  | { type: 'switchOff'; rails: readonly string[] }
  | { type: 'switchOn'; rails: readonly string[] }
  | { type: 'powerLost'; areas: readonly AreaName[] }
  | { type: 'stop' }
  | { type: 'abandon' }
  | { type: 'awaitReturn'; areas: readonly AreaName[] }
  | { type: 'identify' }
  | { type: 'open' }
  | { type: 'recover'; point?: PointArm }
  | { type: 'judge'; pass: PassRequest }
  | { type: 'resync'; point?: PointArm }
  | { type: 'verify'; pass: PassRequest }
  | { type: 'ended'; outcome: CycleOutcome };

export interface Transition {
  state: CycleState;
  effects: CycleEffect[];
}
