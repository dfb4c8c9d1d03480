/** The first lines of a run: what is about to happen to which devices, before anything does. */
import { CUT_POINTS } from '../rig/cutPoints.js';
import type { ResolvedRig } from '../rig/resolved.js';

/** `calibrated`: the run was given what its rails take. */
export function introduction(rig: ResolvedRig, calibrated: boolean): string {
  const { campaign, boards, rails } = rig;
  const cycles = campaign.cycles === 1 ? '1 cycle' : `${campaign.cycles} cycles`;
  const board = (name: string): string => boards.find((b) => b.name === name)?.type ?? 'unknown';
  const cutBy = rails.map((r) => `${r.name} (${r.powers.join(', ')}; ${board(r.board)} ${r.channels.join('+')})`);
  const led = [
    ...new Set(campaign.cuts.flatMap((cut) => (cut.at === undefined || CUT_POINTS[cut.at].held ? [] : [cut.at]))),
  ];
  const unled =
    calibrated || led.length === 0
      ? []
      : [`  note    ${led.join(', ')}: sent with the command, not when the power goes; see --calibration`];
  return [
    `rig ${rig.name}: ${cycles}, each cuts power, recovers from the disks alone, judges, resynchronizes, verifies; seed ${campaign.seed}`,
    `  areas   primary ${rig.primary.device}, secondary ${rig.secondary.device}, journal ${rig.journal.device}`,
    `  rails   ${cutBy.length === 0 ? 'none' : cutBy.join(', ')}`,
    ...unled,
  ].join('\n');
}
