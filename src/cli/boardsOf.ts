import { usesLab } from '../rig/schema/words.js';
import { placedBoards } from '../campaign/session/places.js';
import { realHost } from '../campaign/session/host.js';
import type { BoardRef } from '../power/spec.js';
import type { ResolvedRig } from '../rig/resolved.js';

/** A rig's boards with their ttys as they are now. @throws CampaignError LAB_NOT_RUNNING */
export async function boardsOf(rig: ResolvedRig): Promise<BoardRef[]> {
  return placedBoards(rig, usesLab(rig) ? await realHost.labView(rig.name) : null);
}
