/** What a profile needs beyond the host: its devices, its ttys. Looks, and touches nothing. */
import { realHost } from '../../campaign/realHost.js';
import { AREA_NAMES, isLabDevice, usesLab } from '../../campaign/places.js';
import { rigHolder } from '../../campaign/rigLock.js';
import type { ResolvedRig } from '../../rig/resolved.js';
import { lacking, ok, type Check } from './check.js';
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
  for (const board of rig.boards) {
    if (board.tty !== '' && !board.tty.startsWith('lab:')) checks.push(accessCheck(`board ${board.name}`, board.tty, 'dialout'));
  }
  for (const w of rig.warnings) checks.push(lacking(`profile: ${w.field}`, w.text, 'see the profile'));
  return checks;
}
