/** What a profile needs beyond the host: its devices, its ttys. Looks, and touches nothing. */
import { realHost } from '../../campaign/realHost.js';
import { AREA_NAMES, gateQuestions, isLabDevice, usesLab } from '../../campaign/places.js';
import { rigHolder } from '../../campaign/rigLock.js';
import { enrolmentPath, loadEnrolments } from '../../device/enrolment.js';
import { checkGate } from '../../device/gate.js';
import { ttyDoubts } from '../../power/index.js';
import { textOf } from '../../campaign/errors.js';
import type { GateQuestion, LabView } from '../../campaign/host.js';
import type { AreaName, ResolvedRig } from '../../rig/resolved.js';
import { lacking, missing, ok, type Check } from './check.js';
import { accessCheck } from './hostChecks.js';

export async function rigChecks(rig: ResolvedRig): Promise<Check[]> {
  const checks: Check[] = [];
  const holder = rigHolder(rig.name);
  if (holder !== null) checks.push(lacking('rig', `in use by process ${holder.pid} (${holder.command})`, 'wait for it'));
  const lab = usesLab(rig) ? await realHost.labView(rig.name) : null;
  if (usesLab(rig)) checks.push(ok('lab', lab === null ? 'not running; a run starts it' : 'running'));
  for (const area of AREA_NAMES) if (!isLabDevice(rig[area])) checks.push(accessCheck(area, rig[area].device, 'disk'));
  // A device in use by a run is claimed, as it should be.
  if (holder === null) checks.push(...(await gateChecks(rig, lab)));
  for (const board of rig.boards) {
    if (board.tty !== '' && !board.tty.startsWith('lab:')) checks.push(accessCheck(`board ${board.name}`, board.tty, 'dialout'));
  }
  for (const { board, found, mend } of await ttyDoubts(rig.boards)) checks.push(lacking(`board ${board}`, found, mend));
  for (const w of rig.warnings) checks.push(lacking(`profile: ${w.field}`, w.text, 'see the profile'));
  return checks;
}

/** Why a run would be refused, with what removes each cause. Reads only. Virtual disks are there while their lab is. */
async function gateChecks(rig: ResolvedRig, lab: LabView | null): Promise<Check[]> {
  const there = AREA_NAMES.filter((area) => lab !== null || !isLabDevice(rig[area]));
  const checks = there.length === 0 ? [] : await askGate(rig, lab, there);
  if (there.length === AREA_NAMES.length) return checks;
  const away = AREA_NAMES.filter((area) => !there.includes(area)).join(', ');
  return [...checks, ok('safety gate', `not asked about ${away}: virtual, and not there before \`plugpull lab up ${rig.file}\``)];
}

async function askGate(rig: ResolvedRig, lab: LabView | null, areas: readonly AreaName[]): Promise<Check[]> {
  let questions: GateQuestion[];
  try {
    questions = gateQuestions(rig, lab, areas);
  } catch (error) {
    // The lab that runs is of an older profile.
    return [missing('lab', textOf(error), `plugpull lab down ${rig.file}`)];
  }
  const report = await checkGate(questions, { enrolments: loadEnrolments(enrolmentPath(rig.file)) });
  if (report.passed) return [ok('safety gate', `would pass: ${areas.join(', ')}`)];
  // A real disk that is not there has been said.
  const others = report.findings.filter(({ code, role }) => code !== 'GATE_MISSING' || isLabDevice(rig[role]));
  return others.map(({ role, code, found, nextStep }) => missing(`gate: ${role}`, `${code}: ${found}`, nextStep));
}
