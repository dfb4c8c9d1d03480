/** Compares P and S byte for byte, region by region. */
import { PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import { IO_OP, type SectorTools } from '../../blockdev/blockDevice.js';
import { isHostsOwn } from '../../base/plugpullError.js';
import type { JournalGeometry } from '../../tracker/journal/format.js';
import { BLOCK_BYTES } from '../../base/observation.js';
import { CHUNK_BYTES, transferAll, WINDOW_CHUNKS, windows, type BulkRing, type BulkTransfer } from './bulk.js';

export interface CompareParts {
  bulk: BulkRing;
  tools: SectorTools;
  geometry: JournalGeometry;
  /** Called after each window with the bytes done. False: stop. */
  progress: (doneBytes: number) => boolean;
}

/**
 * Reads every byte of both areas. Calls `look` with each pair of chunks before it compares them. Null: it was stopped.
 */
export function compareAreas(
  p: CompareParts,
  look?: (primary: BulkTransfer, secondary: BulkTransfer) => void,
): DifferingRegions | null {
  const differing = new DifferingRegions(p.geometry.regionBytes);
  for (const chunks of windows(p.geometry.usableBytes)) {
    const reads = readWindow(p.bulk, chunks);
    chunks.forEach((_, i) => {
      look?.(reads[PRIMARY][i], reads[SECONDARY][i]);
      compareChunk(p, reads[PRIMARY][i], reads[SECONDARY][i], differing);
    });
    const last = chunks[chunks.length - 1];
    if (!p.progress(last.offsetBytes + last.lengthBytes)) return null;
  }
  return differing;
}

/** Regions in which at least one byte differs or is unreadable on P or S. */
export class DifferingRegions {
  readonly regions = new Set<number>();
  firstDifferenceBytes: number | null = null;
  private readonly regionBytes: number;

  constructor(regionBytes: number) {
    this.regionBytes = regionBytes;
  }

  /** Compares a range of both devices, region by region. */
  compare(offsetBytes: number, lengthBytes: number, firstDifference: (from: number, length: number) => number): void {
    for (let from = 0; from < lengthBytes;) {
      const region = Math.floor((offsetBytes + from) / this.regionBytes);
      const end = Math.min(lengthBytes, (region + 1) * this.regionBytes - offsetBytes);
      const at = firstDifference(from, end - from);
      if (at >= 0) {
        this.regions.add(region);
        this.firstDifferenceBytes ??= offsetBytes + from + at;
      }
      from = end;
    }
  }
}

export function readWindow(
  bulk: BulkRing,
  chunks: readonly { offsetBytes: number; lengthBytes: number }[],
): [BulkTransfer[], BulkTransfer[]] {
  const reads = [PRIMARY, SECONDARY].map((device) =>
    chunks.map((chunk, i) => ({
      op: IO_OP.read,
      device,
      ...chunk,
      arenaOffset: (device * WINDOW_CHUNKS + i) * CHUNK_BYTES,
    })),
  ) as [BulkTransfer[], BulkTransfer[]];
  transferAll(bulk, reads.flat());
  for (const read of reads.flat()) if (read.errno !== 0) readByBlocks(bulk, read);
  return reads;
}

/** Reads a chunk that failed again, block by block, and notes the blocks that fail alone. */
function readByBlocks(bulk: BulkRing, failed: BulkTransfer): void {
  const unreadable = new Set<number>();
  for (let at = 0; at < failed.lengthBytes; at += BLOCK_BYTES) {
    const lengthBytes = Math.min(BLOCK_BYTES, failed.lengthBytes - at);
    const block: BulkTransfer = {
      ...failed,
      offsetBytes: failed.offsetBytes + at,
      lengthBytes,
      arenaOffset: failed.arenaOffset + at,
    };
    transferAll(bulk, [block]);
    if (block.errno !== 0) unreadable.add(at);
  }
  unreadableBlocks.set(failed, unreadable);
}

/**
 * The device failed the read, and then every block of it succeeded. The first error is a fault of the device all the
 * same.
 */
export function refusedOnce(read: BulkTransfer): boolean {
  const { errno = 0 } = read;
  return errno !== 0 && !isHostsOwn(errno) && unreadableBlocks.get(read)?.size === 0;
}

/**
 * By failed read: offsets, within it, of blocks that cannot be read. Garbage collection removes the entry with the
 * read.
 */
const unreadableBlocks = new WeakMap<BulkTransfer, Set<number>>();

/** Offsets, within the read, of blocks that the device cannot read. */
export function unreadableIn(read: BulkTransfer): Iterable<number> {
  return unreadableBlocks.get(read) ?? [];
}

export function compareChunk(
  p: Pick<CompareParts, 'bulk' | 'tools'>,
  a: BulkTransfer,
  b: BulkTransfer,
  into: DifferingRegions,
): void {
  const bad = [...unreadableIn(a), ...unreadableIn(b)];
  into.compare(a.offsetBytes, a.lengthBytes, (from, length) => {
    const unreadable = bad.find((at) => at >= from - BLOCK_BYTES + 1 && at < from + length);
    if (unreadable !== undefined) return Math.max(0, unreadable - from);
    return p.tools.compare(p.bulk.io.arena, a.arenaOffset + from, b.arenaOffset + from, length);
  });
}
