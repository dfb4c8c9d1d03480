/**
 * The words of one cycle: what the state machine is told, what it asks for, and what it remembers. Types only.
 *
 *   preflight ─► load ─► arm ─► cut ─► dark ─► restore ─► identify ─► recover ─► judge ─► resync ─► verify
 *                 ▲                                                      │
 *                 └────────── next cut of the same cycle ◄───────────────┘   (cuts during resync or recovery)
 */
import type { HostPause } from '../../base/attendedTime.js';
import type { AreaName } from '../../base/areas.js';
import type { CutPoint } from '../../replication/cutpoint/cutPoint.js';
import type { CampaignSpec } from '../../rig/resolved.js';
import type {
  AreaFailure,
  JudgeReport,
  LoadReport,
  PointArm,
  PointEvent,
  RecoveryReport,
  ResyncReport,
  VerifyReport,
} from '../../replication/replicationEngine.js';

/** One pull of the plug. A cycle has one; where resync or recovery is cut, an earlier one made regions dirty first. */
export interface CutRound {
  during: 'load' | 'resync' | 'recovery';
  rails: readonly RailCut[];
  /** After the work began; when the work ends earlier the cut comes at once (see `CutRecord.hitWork`). */
  afterMs: number;
  /** The cut comes when the protocol gets here, not before `afterMs`. */
  at?: CutPoint;
  /** The rails' own latency as calibrated: the command goes out so much earlier, at the earliest at once. 0: not known. */
  leadMs: number;
  /** Seeds the application's writes of a `load`. */
  workloadSeed: number;
}

export type PointReached = Extract<PointEvent, { type: 'reached' }>;
export type PointEnded = Extract<PointEvent, { type: 'ended' }>;

export interface RailCut {
  rail: string;
  /** Areas that lose power by this cut: every rail that feeds them is in it. */
  areas: readonly AreaName[];
  /** Of a round with a point: this rail's own latency as calibrated. */
  leadMs?: number;
}

export interface CycleSettings {
  index: number;
  seed: number;
  rounds: readonly CutRound[];
  powerOffMs: number;
  unresponsiveAfterMs: number;
  deadlinesMs: CampaignSpec['deadlinesMs'];
}

/** Where the machine stands. Finer than the phases that people see: each waits for exactly one kind of input. */
export type CycleStep =
  | 'idle'
  | 'checkingReadable'
  | 'working'
  | 'arming'
  | 'cutting'
  /** Nothing seen in time, and the board has not said yet whether it obeyed. */
  | 'awaitingBoard'
  | 'poweredOff'
  | 'probingOff'
  | 'stopping'
  | 'abandoning'
  | 'restoring'
  | 'returning'
  /** Silent devices are back, and the engine waits for what it had asked of them. */
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

/** What the board said of one switch. */
export interface SwitchRecord {
  rail: string;
  /** CLOCK_MONOTONIC ns when the board was first asked: no earlier failure can be its doing. */
  askedNs: number;
  /** When the command's last byte was handed over: of this rail's own, where a board is told channel by channel. */
  commandNs: number;
  doneNs: number;
  evidence: 'none' | 'echo' | 'read-back' | 'measured';
  /** What a board that measures saw of each of the rail's channels, in its own unit (volts of a supply). */
  measured?: readonly number[];
}

/** A device was seen without power: by the engine's own I/O, by a probing read, by its node being gone, or by its silence. */
export interface DeviceSign extends AreaFailure {
  source: 'engine' | 'probe' | 'vanished' | 'silent';
  /** Of silence, which is noticed late: when the read was asked that was never answered. */
  sinceNs?: number;
}

/** What a disk has counted over one cut. */
export interface CounterChange {
  area: AreaName;
  counter: 'unsafe shutdowns' | 'power cycles';
  before: number;
  after: number;
}

export interface CutRecord {
  round: CutRound;
  /** When the work to be cut began: what `afterMs` counts from. */
  workSinceMs: number;
  /** The work to be cut was still going on when the command went out. */
  hitWork: boolean;
  /** Of a round with a point: null where it was not reached within `deadlines.point`. */
  reached: PointReached | null;
  ended: PointEnded | null;
  commands: readonly SwitchRecord[];
  /** Areas that answered a read immediately before the command: only their later silence proves anything. */
  readableBefore: readonly AreaName[];
  signs: readonly DeviceSign[];
  /** Areas that still answered reads at the end of the dark time: the cut did not happen, whatever was seen before. */
  readableWhileOff: readonly AreaName[];
  /** When that was seen, on the clock of the commands; left out: the dark time did not come to its end. */
  offProbeNs?: number;
  /** Areas that then neither answered nor failed. What the engine has asked of them comes back with their power. */
  unresponsiveWhileOff: readonly AreaName[];
  restoredNs: number | null;
  /** Once the devices are back. */
  counters: readonly CounterChange[];
  load: LoadReport | null;
  resync: ResyncReport | null;
  /** How the engine's work ended when the power went, if it ended with an error. */
  workError: string | null;
  /** The bench stood still since the command was to go out; monotonic. */
  hostPauses: readonly HostPause[];
}

export interface CycleFacts {
  cuts: readonly CutRecord[];
  /** The recovery whose D the judge was given is the last one. */
  recoveries: readonly RecoveryReport[];
  judge: JudgeReport | null;
  resync: ResyncReport | null;
  verify: VerifyReport | null;
  /** I/O failures while every rail was on: faults of a device. */
  unprovoked: readonly AreaFailure[];
  /** The bench stood still: `atMs` from the cycle's beginning. No deadline has counted that time. */
  hostPauses: readonly HostPause[];
  /** When a deadline was missed, from the cycle's beginning; null: none was. */
  missedAtMs: number | null;
}

/** Ends the cycle, and the campaign: the bench (`hardware`) or the program (`internal`) can't go on. */
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
  /** The engine's running work, if any. */
  work: WorkName | null;
  /** The protocol stands at the round's cut point. */
  reached: PointReached | null;
  /** When that began, or the last one did; of a load, with its first update. */
  workSinceMs: number;
  /** Told to let go of the devices, the engine has not done so yet. */
  holding: boolean;
  /** At this time `tick` does what the step says: cut, end the dark, or give up. null: nothing is timed. */
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
  /** The engine's work was rejected; legal only while its devices are without power. */
  | { type: 'workFailed'; nowMs: number; work: WorkName; problem: CycleProblem }
  | { type: 'problem'; nowMs: number; problem: CycleProblem }
  | { type: 'hostPause'; nowMs: number; pause: HostPause }
  | { type: 'interrupt'; nowMs: number };

export type CycleEffect =
  /** `unresponsiveAfterMs` left out: as long as it takes. */
  | { type: 'probe'; areas: readonly AreaName[]; unresponsiveAfterMs?: number }
  /** Probe these areas until they fail, and report it; ends with the next `probe` or `awaitReturn`. */
  | { type: 'watch'; areas: readonly AreaName[]; unresponsiveAfterMs: number }
  | { type: 'load'; seed: number; point?: PointArm }
  /** The I/O held back at the point goes out so long after the command, or after now when there was none yet. */
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
  | { type: 'judge' }
  | { type: 'resync'; point?: PointArm }
  | { type: 'verify' }
  | { type: 'ended'; outcome: CycleOutcome };

export interface Transition {
  state: CycleState;
  effects: CycleEffect[];
}
