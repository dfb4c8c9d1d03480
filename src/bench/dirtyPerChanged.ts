/** How many bytes a workload makes dirty for each byte that it changes, as when S is away meanwhile. */
import { createWorkload, type WorkloadSpec } from '../workload/workload.js';

/** The unit of the workload's addresses. */
const BLOCK_BYTES = 4096;

/** Bytes of all regions that the first `writes` writes touch, over the bytes of all blocks that they change. */
export function dirtyPerChanged(
  workload: WorkloadSpec,
  usableBytes: number,
  regionBytes: number,
  { writes, seed }: { writes: number; seed: number },
): number {
  const stream = createWorkload({ ...workload, usableBytes, alignBytes: BLOCK_BYTES }, seed);
  const regions = new Set<number>();
  const blocks = new Set<number>();
  for (let written = 0; written < writes;) {
    for (const { offsetBytes, lengthBytes } of stream.nextTransaction().writes) {
      written++;
      const end = offsetBytes + lengthBytes;
      for (let at = offsetBytes; at < end; at += BLOCK_BYTES) blocks.add(at / BLOCK_BYTES);
      for (let r = Math.floor(offsetBytes / regionBytes); r * regionBytes < end; r++) regions.add(r);
    }
  }
  return (regions.size * regionBytes) / (blocks.size * BLOCK_BYTES);
}
