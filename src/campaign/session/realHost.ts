/** The layers below, as they are. What is large is loaded when it is needed: `plan` starts no thread and opens no tty. */
import type { AllOnResult, railsLeft } from '../../power/rails/rail.js';
import type { PowerController } from '../../power/rails/controller.js';
import { CampaignError, textOf } from '../errors.js';
import type { Host, RigPower, RailFound } from './host.js';
import { stateDir } from './stateDir.js';

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
    const controller = await openPower(rig, { rigName: rig.name, runtimeDir: stateDir() });
    const askable = rig.boards.filter((ref) => mayBeAsked(ref, rig.boardTypes)).map(({ name }) => name);
    const rails = rig.rails.map(({ name, board }) => ({ name, mayBeAsked: askable.includes(board) }));
    return rigPower(controller, rails, railsLeft);
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
  rails: { name: string; mayBeAsked: boolean }[],
  words: typeof railsLeft,
): RigPower {
  return {
    slowestMs: controller.slowestMs,
    switchRails: (names, state) => controller.switchRails(names, state),
    async readRails() {
      const states = new Map<string, RailFound>();
      for (const { name, mayBeAsked } of rails) {
        // A board that fails here fails again when it is to switch, and says why.
        const state = mayBeAsked
          ? await controller.readRail(name).then(
              (reading) => reading.state,
              () => 'unknown' as const,
            )
          : 'unknown';
        states.set(name, state);
      }
      return states;
    },
    async setEach(states) {
      refuseRest(await controller.setEach(states), words);
    },
    async allOn() {
      refuseRest(await controller.allOn(), words);
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
