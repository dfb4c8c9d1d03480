/** Compares P and S byte for byte, region by region. */
import { BLOCK_BYTES } from '../../base/observation.js';
import type { SectorTools } from '../../blockdev/blockDevice.js';
import { PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import type { JournalGeometry } from '../../tracker/journal/format.js';
import { entireArea, type Ranges } from './bulk.js';
import { PassIo, type BulkRing } from './passIo.js';
import { readAhead, unreadableIn, type ChunkPair } from './readAhead.js';

export interface CompareParts {
  bulk: BulkRing;
  tools: SectorTools;
  geometry: JournalGeometry;
  /** What the pass reads; absent: all of both areas. */
  ranges?: Ranges;
  /** Called after each chunk with the bytes of an area done. False: stop. */
  progress: (doneBytes: number) => boolean;
}

/**
 * Reads both areas, and calls `look` with each pair of chunks before it compares them. Null: it was stopped.
 */
export function compareAreas(
  p: CompareParts,
  io: PassIo = new PassIo(p.bulk),
  look?: (pair: ChunkPair) => void,
): DifferingRegions | null {
  const differing = new DifferingRegions(p.geometry.regionBytes);
  for (const pair of readAhead(io, p.ranges ?? entireArea(p.geometry.usableBytes))) {
    look?.(pair);
    differing.compare(p.tools, io.arena, pair);
    if (!p.progress(differing.comparedBytes)) return null;
  }
  return differing;
}

/** Regions in which at least one byte differs or is unreadable on P or S. */
export class DifferingRegions {
  readonly regions = new Set<number>();
  firstDifferenceBytes: number | null = null;
  comparedBytes = 0;
  private readonly regionBytes: number;

  constructor(regionBytes: number) {
    this.regionBytes = regionBytes;
  }

  /** Pairs come in ascending order. */
  compare(tools: Pick<SectorTools, 'compare'>, arena: Buffer, pair: ChunkPair): void {
    const { arenaOffset: a, offsetBytes, lengthBytes } = pair[PRIMARY];
    const b = pair[SECONDARY].arenaOffset;
    this.comparedBytes += lengthBytes;
    const bad = [...unreadableIn(pair[PRIMARY]), ...unreadableIn(pair[SECONDARY])];
    // Nearly all chunks are equal: one call compares all of their regions.
    for (let from = 0; from < lengthBytes;) {
      const at = tools.compare(arena, a + from, b + from, lengthBytes - from);
      const difference = at < 0 ? Infinity : from + at;
      const first = bad.reduce(
        (least, block) => (overlaps(block, from) ? Math.min(least, Math.max(from, block)) : least),
        difference,
      );
      if (first === Infinity) return;
      const region = Math.floor((offsetBytes + first) / this.regionBytes);
      this.regions.add(region);
      this.firstDifferenceBytes ??= offsetBytes + first;
      from = (region + 1) * this.regionBytes - offsetBytes;
    }
  }
}

/** Whether a block reaches into the rest of its chunk, which begins at `from`. */
function overlaps(block: number, from: number): boolean {
  return block + BLOCK_BYTES > from;
}
