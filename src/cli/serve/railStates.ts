/**
 * The rails of a rig between campaigns, for `serve`: asked of the boards, which are not touched. Unknown while a command
 * holds the rig, and where a board can't be asked.
 */
import { rigHolder } from '../../campaign/session/rigLock.js';
import { stateDir } from '../../campaign/directories.js';
import { readRailsAtRest } from '../../power/openPower.js';
import type { RailState } from '../../power/rails/rail.js';
import type { ResolvedRig } from '../../rig/resolved.js';
import { boardsOf } from '../boardsOf.js';

export interface RailStateNow {
  rail: string;
  state: RailState;
  /** Why it is unknown; null: it is known. */
  why: string | null;
}

/** @throws CampaignError LAB_NOT_RUNNING and its like */
export async function railStates(rig: ResolvedRig): Promise<RailStateNow[]> {
  const holder = rigHolder(rig.name);
  if (holder !== null) {
    const why = `process ${holder.pid} (${holder.command}) holds the rig`;
    return rig.rails.map(({ name }) => ({ rail: name, state: 'unknown', why }));
  }
  const spec = { boards: await boardsOf(rig), boardTypes: rig.boardTypes, rails: rig.rails };
  return readRailsAtRest(spec, { rigName: rig.name, runtimeDir: stateDir() });
}
