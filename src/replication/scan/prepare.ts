/** Writes the base pattern: it stamps every sector as update 0, so that the content of each sector is known. */
import { SECTOR_BYTES } from '../../base/observation.js';
import { IO_OP, type SectorTools } from '../../blockdev/blockDevice.js';
import { PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import { chunkPlace, CHUNKS_IN_MEMORY, chunksOf, flushOrThrow, type Ranges } from './bulk.js';
import { PassIo, throwIfFailed, type BulkRing, type BulkTransfer } from './passIo.js';

export interface PrepareParts {
  bulk: BulkRing;
  tools: SectorTools;
  ranges: Ranges;
  runId: number;
  /** Called after each chunk with the bytes of an area done. False: stop. */
  progress: (doneBytes: number) => boolean;
}

/**
 * Writes the base pattern to both areas and flushes them. Chunks are stamped while earlier ones are being written.
 * False: it was stopped. @throws ReplicationError ENGINE_AREA_LOST
 */
export function prepareAreas({ bulk, tools, ranges, runId, progress }: PrepareParts): boolean {
  const io = new PassIo(bulk);
  const places: (BulkTransfer[] | undefined)[] = [];
  let doneBytes = 0;
  let next = 0;
  try {
    for (const chunk of chunksOf(ranges)) {
      const place = next++ % CHUNKS_IN_MEMORY;
      awaitWrites(io, places[place]);
      const arenaOffset = chunkPlace(0, place);
      const firstLba = chunk.offsetBytes / SECTOR_BYTES;
      tools.stamp(io.arena, arenaOffset, chunk.lengthBytes, { runId, updateId: 0, transactionId: 0, firstLba });
      const writes = [PRIMARY, SECONDARY].map((device) => ({ op: IO_OP.write, device, ...chunk, arenaOffset }));
      for (const write of writes) io.start(write);
      io.submit();
      places[place] = writes;
      doneBytes += chunk.lengthBytes;
      if (!progress(doneBytes)) return false;
    }
    for (const writes of places) awaitWrites(io, writes);
  } finally {
    io.end();
  }
  flushOrThrow(bulk, [PRIMARY, SECONDARY]);
  return true;
}

function awaitWrites(io: PassIo, writes: readonly BulkTransfer[] | undefined): void {
  for (const write of writes ?? []) {
    io.wait(write);
    throwIfFailed(write);
  }
}
