/**
 * Bulk passes over entire devices: windows of large transfers, while no core runs. The judge, the comparison and the
 * recovery of the journal use them. `prepareAreas` writes the base pattern.
 */
import { AREA_NAMES } from '../../base/areas.js';
import { SECTOR_BYTES } from '../../base/observation.js';
import { IO_OP, type IoRing, type IoOp, type SectorTools } from '../../blockdev/blockDevice.js';
import { PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import { ReplicationError } from '../errors.js';

export const CHUNK_BYTES = 1024 * 1024;
/** Chunks in flight per device. */
export const WINDOW_CHUNKS = 4;
/** The windows of two devices. */
export const BULK_ARENA_BYTES = 2 * WINDOW_CHUNKS * CHUNK_BYTES;

const SLICE_NS = 100e6;

/** The ring of a bulk pass: nothing else uses it meanwhile. */
export interface BulkRing {
  readonly io: IoRing;
  /** Asked while no device answers. True: the pass ends, and leaves the unanswered I/O in the ring. */
  readonly stopRequested: () => boolean;
}

export interface BulkTransfer {
  op: IoOp;
  device: number;
  offsetBytes: number;
  lengthBytes: number;
  arenaOffset: number;
  /** Set by `transferAll`: 0, or the errno. */
  errno?: number;
}

/**
 * Performs all transfers, at most `io.depth`, and waits for them. Sets `errno` of each.
 *
 * @throws ReplicationError ENGINE_STOPPED when a stop is requested and no device answers: an array that keeps I/O until
 * its power is back would otherwise hold the pass as long. The ring is of no use then, but to be discarded.
 */
export function transferAll({ io, stopRequested }: BulkRing, transfers: readonly BulkTransfer[]): void {
  if (io.inFlight > 0)
    throw new ReplicationError('ENGINE_STATE', `${io.inFlight} I/Os of a stopped pass are in flight; abandon first`);
  transfers.forEach((t, tag) => io.push(t.op, t.device, tag, t.offsetBytes, t.lengthBytes, t.arenaOffset));
  for (let left = transfers.length; left > 0;) {
    // In slices: the main thread can terminate this thread between two of them, also when a device never answers.
    const n = io.submitAndReap(1, SLICE_NS);
    if (n === 0 && stopRequested())
      throw new ReplicationError('ENGINE_STOPPED', `stopped while ${left} I/Os were unanswered`);
    for (let i = 0; i < n; i++) {
      const result = io.result(i);
      transfers[io.tag(i)].errno = result < 0 ? -result : 0;
    }
    left -= n;
  }
}

/** Like `transferAll`; the first failure ends the pass. @throws ReplicationError ENGINE_AREA_LOST */
export function transferOrThrow(bulk: BulkRing, transfers: readonly BulkTransfer[]): void {
  transferAll(bulk, transfers);
  const failed = transfers.find((t) => t.errno !== 0);
  if (failed === undefined) return;
  const area = AREA_NAMES[failed.device];
  throw new ReplicationError(
    'ENGINE_AREA_LOST',
    `${area}: I/O at byte ${failed.offsetBytes} failed with errno ${failed.errno ?? 0}; this step needs the device`,
    { area, offsetBytes: failed.offsetBytes, errno: failed.errno ?? 0 },
  );
}

export function flushOrThrow(bulk: BulkRing, devices: readonly number[]): void {
  transferOrThrow(
    bulk,
    devices.map((device) => ({ op: IO_OP.flush, device, offsetBytes: 0, lengthBytes: 0, arenaOffset: 0 })),
  );
}

/** The chunks of 0 … totalBytes, one window at a time. */
export function* windows(totalBytes: number): Generator<{ offsetBytes: number; lengthBytes: number }[], void, void> {
  for (let start = 0; start < totalBytes; start += WINDOW_CHUNKS * CHUNK_BYTES) {
    const chunks: { offsetBytes: number; lengthBytes: number }[] = [];
    for (let i = 0; i < WINDOW_CHUNKS; i++) {
      const offsetBytes = start + i * CHUNK_BYTES;
      if (offsetBytes < totalBytes)
        chunks.push({ offsetBytes, lengthBytes: Math.min(CHUNK_BYTES, totalBytes - offsetBytes) });
    }
    yield chunks;
  }
}

export interface PrepareParts {
  bulk: BulkRing;
  tools: SectorTools;
  usableBytes: number;
  runId: number;
  /** Called after each window with the bytes done. False: stop. */
  progress: (doneBytes: number) => boolean;
}

/**
 * Writes the base pattern and flushes both areas. It stamps every sector as update 0, so that the content of each
 * sector is known. False: it was stopped. @throws ReplicationError ENGINE_AREA_LOST
 */
export function prepareAreas({ bulk, tools, usableBytes, runId, progress }: PrepareParts): boolean {
  for (const chunks of windows(usableBytes)) {
    const writes = chunks.flatMap((chunk, i) => {
      const arenaOffset = i * CHUNK_BYTES;
      const firstLba = chunk.offsetBytes / SECTOR_BYTES;
      tools.stamp(bulk.io.arena, arenaOffset, chunk.lengthBytes, { runId, updateId: 0, transactionId: 0, firstLba });
      return [PRIMARY, SECONDARY].map((device) => ({ op: IO_OP.write, device, ...chunk, arenaOffset }));
    });
    transferOrThrow(bulk, writes);
    const last = chunks[chunks.length - 1];
    if (!progress(last.offsetBytes + last.lengthBytes)) return false;
  }
  flushOrThrow(bulk, [PRIMARY, SECONDARY]);
  return true;
}
