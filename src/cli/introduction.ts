/** The first lines of a run: what is about to happen to which devices, before anything does. */
import type { ResolvedRig } from '../rig/resolved.js';

export function introduction(rig: ResolvedRig, directory: string): string {
  const { campaign, boards, rails } = rig;
  const cycles = campaign.cycles === 1 ? '1 cycle' : `${campaign.cycles} cycles`;
  const board = (name: string): string => boards.find((b) => b.name === name)?.type ?? 'unknown';
  const cutBy = rails.map((r) => `${r.name} (${r.powers.join(', ')}; ${board(r.board)} ${r.channels.join('+')})`);
  return [
    `rig ${rig.name}: ${cycles}, each cuts power, recovers from the disks alone, judges, resynchronizes, verifies; seed ${campaign.seed}`,
    `  areas   primary ${rig.primary.device}, secondary ${rig.secondary.device}, journal ${rig.journal.device}`,
    `  rails   ${cutBy.length === 0 ? 'none' : cutBy.join(', ')}`,
    `  record  ${directory}`,
  ].join('\n');
}
