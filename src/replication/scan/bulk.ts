/**
 * Whole-device passes (base pattern, judgement, comparison, journal reads): plain windows of large transfers, while no
 * engine is at work.
 */
import { AREA_NAMES } from '../../base/areas.js';
import type { IoRing, IoOp } from '../../blockdev/blockDevice.js';
import { IO_OP } from '../../blockdev/blockDevice.js';
import { ReplicationError } from '../errors.js';

export const CHUNK_BYTES = 1024 * 1024;
/** Chunks in flight per device. */
export const WINDOW_CHUNKS = 4;
/** Two devices' windows. */
export const BULK_ARENA_BYTES = 2 * WINDOW_CHUNKS * CHUNK_BYTES;

const SLICE_NS = 100e6;

export interface BulkTransfer {
  op: IoOp;
  device: number;
  offsetBytes: number;
  lengthBytes: number;
  arenaOffset: number;
  /** Set by `transferAll`: 0, or the errno. */
  errno?: number;
}

/** Performs all transfers and waits for them; failures are noted in each. At most `io.depth`. */
export function transferAll(io: IoRing, transfers: readonly BulkTransfer[]): void {
  transfers.forEach((t, tag) => io.push(t.op, t.device, tag, t.offsetBytes, t.lengthBytes, t.arenaOffset));
  for (let left = transfers.length; left > 0;) {
    // In slices: between two of them the thread can be ended, though a device never answers.
    const n = io.submitAndReap(1, SLICE_NS);
    for (let i = 0; i < n; i++) {
      const result = io.result(i);
      transfers[io.tag(i)].errno = result < 0 ? -result : 0;
    }
    left -= n;
  }
}

/** Like `transferAll`, for passes that make no sense without the device. @throws ReplicationError ENGINE_AREA_LOST */
export function transferOrThrow(io: IoRing, transfers: readonly BulkTransfer[]): void {
  transferAll(io, transfers);
  const failed = transfers.find((t) => t.errno !== 0);
  if (failed === undefined) return;
  const area = AREA_NAMES[failed.device];
  throw new ReplicationError(
    'ENGINE_AREA_LOST',
    `${area}: I/O at byte ${failed.offsetBytes} failed with errno ${failed.errno ?? 0}; the step cannot go on without the device`,
    { area, offsetBytes: failed.offsetBytes, errno: failed.errno ?? 0 },
  );
}

export function flushOrThrow(io: IoRing, devices: readonly number[]): void {
  transferOrThrow(
    io,
    devices.map((device) => ({ op: IO_OP.flush, device, offsetBytes: 0, lengthBytes: 0, arenaOffset: 0 })),
  );
}

/** Chunks of 0 … totalBytes, a window at a time. */
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
