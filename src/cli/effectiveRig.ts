/** A profile with the command line's wishes in it: what is run is what the run directory records. */
import type { ResolvedRig } from '../rig/resolved.js';

export interface CampaignOverrides {
  cycles?: number;
  seed?: number;
}

/** `--seed` seeds the virtual lab's kills and faults too: one number replays the whole run. */
export function effectiveRig(rig: ResolvedRig, overrides: CampaignOverrides): ResolvedRig {
  const seed = overrides.seed ?? rig.campaign.seed;
  return {
    ...rig,
    campaign: { ...rig.campaign, seed, cycles: overrides.cycles ?? rig.campaign.cycles },
    lab: rig.lab === null || overrides.seed === undefined ? rig.lab : { ...rig.lab, seed },
  };
}
