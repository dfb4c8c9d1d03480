/**
 * Interface of a session to the layers below (lab, boards, gate, engine), and its implementation; tests have fakes.
 */
import type { FfiName } from '../../blockdev/ffi/native.js';
import type { RigOfLabel } from '../../gate/gateReport.js';
import type { DeviceIdentity } from '../../blockdev/blockDevice.js';
import type { PowerCounters } from '../../blockdev/powerCounters.js';
import type { ReplicationEngine, ReplicationEvents } from '../../replication/replicationEngine.js';
import type { AreaName } from '../../base/areas.js';
import type { LabSpec } from '../../lab/spec.js';
import type { BoardRef, RailSpec } from '../../power/spec.js';
import type { SwitchRecord } from '../cycle/cycleTypes.js';
import type { AllOnResult, railsLeft } from '../../power/rails/rail.js';
import type { PowerController } from '../../power/rails/controller.js';
import type { readEach } from '../../power/rails/readEach.js';
import { CampaignError, textOf } from '../errors.js';
import { stateDir } from '../directories.js';

/** Paths of the running lab; they stay while nodes come and go. */
export interface LabView {
  /** `node`: a link to the block device, missing while the device has vanished. */
  disks: Record<string, { node: string; backingFile: string }>;
  boards: Record<string, { tty: string }>;
}

/** Read before the first switch; `unknown` where a board can't be asked without moving a relay. */
export type RailFound = 'on' | 'off' | 'unknown';

export interface RigPower {
  /** The longest that commands with a time of their own may take to switch every rail; on top of the frames. */
  readonly slowestMs: number;
  /** By rail; never rejects. */
  readRails(): Promise<Map<string, RailFound>>;
  /** As `allOn`, with a state for each named rail. */
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
  /** Belongs to this rig's own virtual lab. */
  lab: boolean;
  /** A rail feeds it. */
  cut: boolean;
  /** The rig whose label a real disk must carry. */
  rig: RigOfLabel;
}

export interface GateCircumstances {
  /** This process holds the devices open exclusively: that a second exclusive open fails is no finding then. */
  openedHere?: boolean;
  /** Areas that seem to have no power: only checked for use, which needs no read. */
  unpowered?: readonly AreaName[];
  /** What a refusal means for the devices after earlier cycles. */
  consequence?: string;
}

export interface GateAnswer {
  passed: boolean;
  /** For people: what was found, and the next step. */
  text: string;
  /** A finding says that another process or the kernel holds a device. */
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

/** Loads large modules on demand: `plan` starts no thread and opens no tty. */
export const realHost: Host = {
  async labUp(name, spec) {
    const lab = await import('../../lab/lab.js');
    const running = await lab.labStatus(name);
    await lab.labUp(name, spec);
    return { started: running === null };
  },

  async labDown(name) {
    const lab = await import('../../lab/lab.js');
    await lab.labDown(name);
  },

  async labView(name) {
    const lab = await import('../../lab/lab.js');
    return lab.labStatus(name);
  },

  async openPower(rig) {
    const { mayBeAsked, openPower } = await import('../../power/openPower.js');
    const { railsLeft } = await import('../../power/rails/rail.js');
    const { readEach } = await import('../../power/rails/readEach.js');
    const controller = await openPower(rig, { rigName: rig.name, runtimeDir: stateDir() });
    const askable = rig.boards.filter((ref) => mayBeAsked(ref, rig.boardTypes)).map(({ name }) => name);
    const rails = rig.rails.map(({ name, board }) => ({ name, board, mayBeAsked: askable.includes(board) }));
    return rigPower(controller, rails, { railsLeft, readEach });
  },

  async checkGate(questions, rigFile, { openedHere = false, unpowered = [], consequence } = {}) {
    const { checkGate } = await import('../../gate/gate.js');
    const { formatGate } = await import('../../gate/gateReport.js');
    const { enrolmentPath, loadEnrolments } = await import('../../gate/enrolment.js');
    const report = await checkGate(questions, {
      enrolments: loadEnrolments(enrolmentPath(rigFile)),
      openedExclusively: openedHere,
      unpowered,
    });
    return {
      passed: report.passed,
      text: formatGate(report, consequence),
      busy: report.findings.some((finding) => finding.code === 'GATE_BUSY'),
    };
  },

  async identify(path) {
    const { identify } = await import('../../blockdev/openDevice.js');
    return identify(path);
  },

  async powerCounters(identity) {
    const { readPowerCounters } = await import('../../blockdev/powerCounters.js');
    return readPowerCounters(identity);
  },

  async identityChange(before, after) {
    const { identityDifferences } = await import('../../blockdev/blockDevice.js');
    const differences = identityDifferences(before, after);
    if (differences.length === 0) return null;
    return differences.map((d) => `${d.field} was ${d.before}, is ${d.after}`).join('; ');
  },

  async createReplicationEngine(events, options) {
    const { createReplicationEngine } = await import('../../replication/worker/client.js');
    return createReplicationEngine(events, options);
  },
};

function rigPower(
  controller: PowerController,
  rails: { name: string; board: string; mayBeAsked: boolean }[],
  power: { railsLeft: typeof railsLeft; readEach: typeof readEach },
): RigPower {
  return {
    slowestMs: controller.slowestMs,
    switchRails: (names, state) => controller.switchRails(names, state),
    // A board that fails here fails again at its first switch, with the reason.
    readRails: async () =>
      new Map<string, RailFound>([
        ...rails.map(({ name }): [string, RailFound] => [name, 'unknown']),
        ...(await power.readEach(
          controller,
          rails.filter(({ mayBeAsked }) => mayBeAsked),
        )),
      ]),
    async setEach(states) {
      refuseRest(await controller.setEach(states), power.railsLeft);
    },
    async allOn() {
      refuseRest(await controller.allOn(), power.railsLeft);
    },
    close: () => controller.close(),
  };
}

function refuseRest(result: AllOnResult, words: typeof railsLeft): void {
  if (result.failed.length === 0) return;
  const rails = result.failed.map(({ rail }) => rail);
  const first = result.failed[0].error;
  throw new CampaignError('HARDWARE_FAILED', `${words(result.failed)}: ${textOf(first)}`, { rails }, first);
}
