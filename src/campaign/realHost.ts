/** The layers below, as they are. What is large is loaded when it is needed: `plan` starts no thread and opens no tty. */
import type { AllOnResult, PowerController } from '../power/index.js';
import { CampaignError } from './errors.js';
import type { Host, PowerPort } from './host.js';
import { stateDir } from './stateDir.js';

export const realHost: Host = {
  async labUp(name, spec) {
    const lab = await import('../lab/lab.js');
    const running = await lab.labStatus(name);
    await lab.labUp(name, spec);
    return { started: running === null };
  },

  async labDown(name) {
    const lab = await import('../lab/lab.js');
    await lab.labDown(name);
  },

  async labView(name) {
    const lab = await import('../lab/lab.js');
    return lab.labStatus(name);
  },

  async openPower(rig) {
    const { openPower } = await import('../power/index.js');
    const controller = await openPower(rig, { rigName: rig.name, runtimeDir: stateDir() });
    return powerPort(controller);
  },

  async checkGate(questions, rigFile, claimed = false, so) {
    const { checkGate } = await import('../device/gate.js');
    const { formatGate } = await import('../device/gateFormat.js');
    const { enrolmentPath, loadEnrolments } = await import('../device/enrolment.js');
    const report = await checkGate(questions, { enrolments: loadEnrolments(enrolmentPath(rigFile)), claimed });
    return {
      passed: report.passed,
      text: formatGate(report, so),
      busy: report.findings.some((finding) => finding.code === 'GATE_BUSY'),
    };
  },

  async identify(path) {
    const { identify } = await import('../device/openDevice.js');
    return identify(path);
  },

  async powerCounters(identity) {
    const { readPowerCounters } = await import('../device/powerCounters.js');
    return readPowerCounters(identity);
  },

  async identityChange(before, after) {
    const { identityDifferences } = await import('../device/sameIdentity.js');
    const differences = identityDifferences(before, after);
    if (differences.length === 0) return null;
    return differences.map((d) => `${d.field} was ${d.before}, is ${d.after}`).join('; ');
  },

  async createEngine(events, options) {
    const { createEngine } = await import('../engine/client.js');
    return createEngine(events, options);
  },
};

function powerPort(controller: PowerController): PowerPort {
  return {
    switchRails: (rails, state) => controller.switchRails(rails, state),
    async allOn() {
      refuseRest(await controller.allOn());
    },
    close: () => controller.close(),
  };
}

function refuseRest(result: AllOnResult): void {
  if (result.failed.length === 0) return;
  const rails = result.failed.map(({ rail }) => rail);
  const first = result.failed[0].error;
  throw new CampaignError(
    'HARDWARE_FAILED',
    `WITHOUT POWER: ${rails.join(', ')}: ${first instanceof Error ? first.message : String(first)}`,
    { rails },
    first,
  );
}
