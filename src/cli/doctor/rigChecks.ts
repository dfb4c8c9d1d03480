/** What a profile needs beyond the host: its devices, its ttys. Looks, and touches nothing. */
import { realHost } from '../../campaign/realHost.js';
import { AREA_NAMES, gateQuestions, isLabDevice, usesLab } from '../../campaign/places.js';
import { rigHolder } from '../../campaign/rigLock.js';
import { enrolmentPath, loadEnrolments } from '../../device/enrolment.js';
import { checkGate } from '../../device/gate.js';
import type { ResolvedRig } from '../../rig/resolved.js';
import { lacking, missing, ok, type Check } from './check.js';
import { accessCheck } from './hostChecks.js';

export async function rigChecks(rig: ResolvedRig): Promise<Check[]> {
  const checks: Check[] = [];
  const holder = rigHolder(rig.name);
  if (holder !== null) checks.push(lacking('rig', `in use by process ${holder.pid} (${holder.command})`, 'wait for it'));
  if (usesLab(rig)) {
    const running = (await realHost.labView(rig.name)) !== null;
    checks.push(ok('lab', running ? 'running' : 'not running; a run starts it'));
  }
  for (const area of AREA_NAMES) if (!isLabDevice(rig[area])) checks.push(accessCheck(area, rig[area].device, 'disk'));
  // A device in use by a run is claimed, as it should be.
  if (holder === null && !usesLab(rig)) checks.push(...(await gateChecks(rig)));
  for (const board of rig.boards) {
    if (board.tty !== '' && !board.tty.startsWith('lab:')) checks.push(accessCheck(`board ${board.name}`, board.tty, 'dialout'));
  }
  for (const w of rig.warnings) checks.push(lacking(`profile: ${w.field}`, w.text, 'see the profile'));
  return checks;
}

/** Why a run would be refused, with what removes each cause. Reads only. */
async function gateChecks(rig: ResolvedRig): Promise<Check[]> {
  const report = await checkGate(gateQuestions(rig, null), { enrolments: loadEnrolments(enrolmentPath(rig.file)) });
  if (report.passed) return [ok('safety gate', 'would pass')];
  // What is not there has been said.
  const others = report.findings.filter((finding) => finding.code !== 'GATE_MISSING');
  return others.map(({ role, code, found, nextStep }) => missing(`gate: ${role}`, `${code}: ${found}`, nextStep));
}
