/** A medium in memory, and a cache on it, for tests of cache and faults without a kernel. */
import { VolatileCache, type CacheSetup } from '../../src/lab/disk/cache.js';
import type { DurableCause, Medium } from '../../src/lab/disk/device.js';
import type { FaultContext } from '../../src/lab/faults/context.js';
import { seededRandom } from '../../src/lab/random.js';

export class MemoryMedium implements Medium {
  readonly bytes: Buffer;
  readonly causes: DurableCause[] = [];

  constructor(sizeBytes: number) {
    this.bytes = Buffer.alloc(sizeBytes);
  }

  read(offset: number, target: Buffer, at: number, length: number): void {
    this.bytes.copy(target, at, offset, offset + length);
  }

  write(offset: number, source: Buffer, at: number, length: number, cause: DurableCause): void {
    this.causes.push(cause);
    source.copy(this.bytes, offset, at, at + length);
  }

  zero(offset: number, length: number): void {
    this.bytes.fill(0, offset, offset + length);
  }
}

export const HEADER_BYTES = 80;
export const REQUEST_BYTES_MAX = 64 * 1024 + 4096;

export function memoryCache(medium: Medium, sizeBytes: number, more: Partial<CacheSetup> = {}): VolatileCache {
  return new VolatileCache(medium, {
    sizeBytes,
    cacheBytes: 256 * 1024,
    requestBytesMax: REQUEST_BYTES_MAX,
    requestHeaderBytes: HEADER_BYTES,
    kill: { model: 'drop', keepProbability: 0.5, tearProbability: 0 },
    random: seededRandom(1, 'test'),
    ...more,
  });
}

/** As the FUSE server does: puts the data into the arena, then writes it from there. */
export function writeThroughArena(cache: VolatileCache, offset: number, data: Buffer): void {
  const at = cache.reserve() + HEADER_BYTES;
  data.copy(cache.arena.bytes, at);
  cache.write(offset, cache.arena.bytes, at, data.length);
}

export interface Recorded extends FaultContext {
  records: Record<string, unknown>[];
  cutCount: number;
}

export function recordingContext(sizeBytes: number, more: Partial<FaultContext> = {}): Recorded {
  const records: Record<string, unknown>[] = [];
  return {
    sizeBytes,
    cutCount: 0,
    records,
    random: (stream) => seededRandom(7, stream),
    record: (faultClass, details) => void records.push({ class: faultClass, ...details }),
    loseUnflushed: () => 0,
    ...more,
  };
}
