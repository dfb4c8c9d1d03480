/**
 * Reads ranges of both areas, chunk by chunk in ascending order, with the next chunks in flight on both devices while
 * the caller works on one.
 *
 *      place   0        1        2        3      …
 *      P, S  [judged] [arrived] [in flight] [in flight]
 *
 * A chunk whose read fails is read again block by block.
 */
import { isHostsOwn } from '../../base/plugpullError.js';
import { BLOCK_BYTES } from '../../base/observation.js';
import { IO_OP } from '../../blockdev/blockDevice.js';
import { PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import { chunkPlace, CHUNKS_IN_MEMORY, chunksOf, type ByteRange, type Ranges } from './bulk.js';
import type { BulkTransfer, PassIo } from './passIo.js';

/** The same range of both areas, by device: P, S. */
export type ChunkPair = readonly [primary: BulkTransfer, secondary: BulkTransfer];

/** The memory of a pair is valid until the next one is taken. An early end waits for what is in flight. */
export function* readAhead(io: PassIo, ranges: Ranges): Generator<ChunkPair, void, void> {
  const chunks = chunksOf(ranges);
  const inMemory: ChunkPair[] = [];
  let next = 0;
  const startNext = (): void => {
    const chunk = chunks.next();
    if (chunk.done === true) return;
    const pair = readsOf(chunk.value, next++ % CHUNKS_IN_MEMORY);
    inMemory.push(pair);
    for (const read of pair) io.start(read);
  };
  try {
    for (let i = 0; i < CHUNKS_IN_MEMORY; i++) startNext();
    for (let pair = inMemory[0]; pair !== undefined; pair = inMemory[0]) {
      for (const read of pair) io.wait(read);
      for (const read of pair) if (read.errno !== 0) readByBlocks(io, read);
      io.submit();
      yield pair;
      inMemory.shift();
      startNext();
    }
  } finally {
    io.end();
  }
}

function readsOf(chunk: ByteRange, place: number): ChunkPair {
  const readOf = (device: number): BulkTransfer => ({
    op: IO_OP.read,
    device,
    ...chunk,
    arenaOffset: chunkPlace(device, place),
  });
  return [readOf(PRIMARY), readOf(SECONDARY)];
}

/** Reads a chunk that failed again, block by block, and notes the blocks that fail alone. */
function readByBlocks(io: PassIo, failed: BulkTransfer): void {
  const unreadable = new Set<number>();
  for (let at = 0; at < failed.lengthBytes; at += BLOCK_BYTES) {
    const block: BulkTransfer = {
      ...failed,
      offsetBytes: failed.offsetBytes + at,
      lengthBytes: Math.min(BLOCK_BYTES, failed.lengthBytes - at),
      arenaOffset: failed.arenaOffset + at,
    };
    io.perform([block]);
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

const NO_BLOCKS: ReadonlySet<number> = new Set();

/** Offsets, within the read, of blocks that the device cannot read. */
export function unreadableIn(read: BulkTransfer): ReadonlySet<number> {
  return unreadableBlocks.get(read) ?? NO_BLOCKS;
}
