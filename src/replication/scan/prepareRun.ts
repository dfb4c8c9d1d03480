/** The base pattern: every sector of both areas stamped as update 0, so that none is without a known content. */
import { PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import type { IoRing, SectorTools } from '../../blockdev/blockDevice.js';
import { IO_OP } from '../../blockdev/blockDevice.js';
import { SECTOR_BYTES } from '../../base/observation.js';
import { CHUNK_BYTES, flushOrThrow, transferOrThrow, windows } from './bulk.js';

export interface PrepareParts {
  io: IoRing;
  tools: SectorTools;
  usableBytes: number;
  runId: number;
  /** After each window: bytes done. Returns false to stop. */
  progress: (doneBytes: number) => boolean;
}

/** Writes and flushes both areas. False: it was stopped. @throws ReplicationError ENGINE_AREA_LOST */
export function prepareAreas({ io, tools, usableBytes, runId, progress }: PrepareParts): boolean {
  for (const chunks of windows(usableBytes)) {
    const writes = chunks.flatMap((chunk, i) => {
      const arenaOffset = i * CHUNK_BYTES;
      const firstLba = chunk.offsetBytes / SECTOR_BYTES;
      tools.stamp(io.arena, arenaOffset, chunk.lengthBytes, { runId, updateId: 0, transactionId: 0, firstLba });
      return [PRIMARY, SECONDARY].map((device) => ({ op: IO_OP.write, device, ...chunk, arenaOffset }));
    });
    transferOrThrow(io, writes);
    const last = chunks[chunks.length - 1];
    if (!progress(last.offsetBytes + last.lengthBytes)) return false;
  }
  flushOrThrow(io, [PRIMARY, SECONDARY]);
  return true;
}
