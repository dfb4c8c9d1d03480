/** A cut point is one that the profile's own settings let the protocol reach. */
import { STORAGE_AREAS } from '../../base/areas.js';
import type { Check } from './check.js';

export const checkCutPoints: Check = (profile, report) => {
  const { rails, primary, secondary } = profile;
  if (rails === undefined || primary === undefined || secondary === undefined) return;
  (profile.campaign?.cuts ?? []).forEach((cut, i) => {
    if (cut.at !== 'flush') return;
    const dark = cut.rails.flatMap((name) => (Object.hasOwn(rails, name) ? rails[name].powers : []));
    const both = { primary, secondary };
    const areas = STORAGE_AREAS.filter((area) => dark.includes(area));
    const candidates = areas.length === 0 ? STORAGE_AREAS : areas;
    if (candidates.some((area) => both[area].durability === 'flush')) return;
    const rule = `with durability fua ${candidates.join(' and ')} ${candidates.length > 1 ? 'are' : 'is'} never flushed`;
    report({
      kind: 'error',
      path: ['campaign', 'cuts', i, 'at'],
      rule,
      next: 'aim at both-completed, or set durability: flush',
    });
  });
};
