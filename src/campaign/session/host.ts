/**
 * What a session asks of the layers below: lab, boards, gate, engine. `realHost.ts` hands the real ones over; tests
 * bring fakes.
 */
import type { FfiName } from '../../blockdev/ffi/native.js';
import type { RigOfLabel } from '../../gate/gateReport.js';
import type { DeviceIdentity } from '../../blockdev/blockDevice.js';
import type { PowerCounters } from '../../blockdev/powerCounters.js';
import type { ReplicationEvents, ReplicationEngine } from '../../replication/replicationEngine.js';
import type { AreaName } from '../../base/areas.js';
import type { LabSpec } from '../../lab/spec.js';
import type { BoardRef, RailSpec } from '../../power/spec.js';
import type { SwitchRecord } from '../cycle/cycleTypes.js';

/** Where the lab's things are, by paths that stay while nodes come and go. */
export interface LabView {
  /** `node`: a link to the block device, missing while the device has vanished. */
  disks: Record<string, { node: string; backingFile: string }>;
  boards: Record<string, { tty: string }>;
}

/** As read before anything was switched; `unknown` where a board can't be asked without being touched. */
export type RailFound = 'on' | 'off' | 'unknown';

export interface RigPower {
  /** Beyond what frames take: the longest that switching every rail may take, by commands that have their own time. */
  readonly slowestMs: number;
  /** By rail; never rejects. */
  readRails(): Promise<Map<string, RailFound>>;
  /** As `allOn`, to a state of its own for each rail named. */
  setEach(states: ReadonlyMap<string, 'on' | 'off'>): Promise<void>;
  switchRails(rails: readonly string[], state: 'on' | 'off'): Promise<Omit<SwitchRecord, 'askedNs'>[]>;
  /** Tries every rail; rejects when one could not be switched on. */
  allOn(): Promise<void>;
  close(): Promise<void>;
}

/** One area for the safety gate. */
export interface GateQuestion {
  role: AreaName;
  path: string;
  serial?: string;
  wwn?: string;
  backingFile?: string;
  /** Made by this rig's own virtual lab. */
  lab: boolean;
  /** A rail feeds it. */
  cut: boolean;
  /** Whose label a real disk must carry. */
  rig: RigOfLabel;
}

export interface GateCircumstances {
  /** The asker holds the devices itself; that they can't be claimed again is no finding then. */
  openedHere?: boolean;
  /** Areas without power as it seems: only asked whether they are in use, which needs no read. */
  unpowered?: readonly AreaName[];
  /** What a refusal means for the devices, where cycles came before. */
  consequence?: string;
}

export interface GateAnswer {
  passed: boolean;
  /** For people: what was found, and the next step. */
  text: string;
  /** A finding says that somebody else holds a device. */
  busy: boolean;
}

export interface Host {
  /** Idempotent; `started`: it was not running before. */
  labUp(name: string, spec: LabSpec): Promise<{ started: boolean }>;
  labDown(name: string): Promise<void>;
  /** null: not running. */
  labView(name: string): Promise<LabView | null>;
  openPower(rig: {
    name: string;
    boards: BoardRef[];
    boardTypes: Record<string, unknown>;
    rails: RailSpec[];
  }): Promise<RigPower>;
  checkGate(questions: GateQuestion[], rigFile: string, circumstances?: GateCircumstances): Promise<GateAnswer>;
  identify(path: string): Promise<DeviceIdentity>;
  /** null: a disk that counts no outages, or can't be asked. */
  powerCounters(identity: DeviceIdentity): Promise<PowerCounters | null>;
  /** null: the same device; else what differs. */
  identityChange(before: DeviceIdentity, after: DeviceIdentity): Promise<string | null>;
  createReplicationEngine(events: ReplicationEvents, options: { ffi: FfiName }): Promise<ReplicationEngine>;
}
