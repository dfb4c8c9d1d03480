/** Which regions may differ between P and S after a crash now, as bits. */
import { SECTORS_PER_REGION } from './geometry.js';
import type { WorldMemory } from './worldMemory.js';

/** After a crash every region that recovery found dirty counts as different. */
export function differingRegions(world: WorldMemory): number {
  const [p, s] = world.areas;
  let different = 0;
  for (let k = 0; k < p.sectorCount; k++) {
    const onP = p.possible(k);
    if ((onP & (onP - 1)) !== 0 || onP !== s.possible(k)) different |= 1 << Math.floor(k / SECTORS_PER_REGION);
  }
  return different;
}

/**
 * Without those that were found dirty and are the same in truth: until their marks are durable, nothing is written to them
 * that could change it. A second recovery need not find them again.
 */
export function trulyDifferingRegions(world: WorldMemory): number {
  const { pages, ready, state } = world.core;
  let found = 0;
  if (!ready)
    for (let r = 0; r < state.regionCount; r++) if (pages.awaiting.has(r) && !pages.isEvidence(r)) found |= 1 << r;
  return differingRegions(world) & (world.differed | ~found);
}
