import type { EvidenceReplay } from '../../../src/tracker/journal/evidenceReplay.js';

/** The dirty regions of a replayed log, ascending. */
export function regionsOf(evidence: EvidenceReplay): number[] {
  const regions: number[] = [];
  evidence.forEachWord((word, bits) => {
    for (let bit = 0; bit < 32; bit++) if ((bits & (1 << bit)) !== 0) regions.push(word * 32 + bit);
  });
  return regions.sort((a, b) => a - b);
}
