/**
 * Bulk passes over devices, while no core runs: ranges of bytes, cut into chunks, with a number of chunks in flight.
 * Recovery of the journal, `prepareAreas`, the judge and the comparison use them.
 */
import { IO_OP } from '../../blockdev/blockDevice.js';
import { transferOrThrow, type BulkRing } from './passIo.js';

export const CHUNK_BYTES = 1024 * 1024;
/**
 * Chunks of each device that a pass has in memory: one that is judged, the others in flight. Enough to keep a disk
 * array busy; more gains nothing on any device that was measured.
 */
export const CHUNKS_IN_MEMORY = 8;
/** The chunks of two devices. */
export const BULK_ARENA_BYTES = 2 * CHUNKS_IN_MEMORY * CHUNK_BYTES;

/** Bytes of an area. */
export interface ByteRange {
  offsetBytes: number;
  lengthBytes: number;
}

/** What a pass covers, in ascending order, without overlaps. */
export type Ranges = Iterable<ByteRange>;

/** All of an area. */
export function entireArea(usableBytes: number): ByteRange[] {
  return [{ offsetBytes: 0, lengthBytes: usableBytes }];
}

/** Cuts ranges at multiples of `CHUNK_BYTES`. */
export function* chunksOf(ranges: Ranges): Generator<ByteRange, void, void> {
  for (const { offsetBytes, lengthBytes } of ranges) {
    const end = offsetBytes + lengthBytes;
    for (let at = offsetBytes; at < end;) {
      const next = Math.min(end, (Math.floor(at / CHUNK_BYTES) + 1) * CHUNK_BYTES);
      yield { offsetBytes: at, lengthBytes: next - at };
      at = next;
    }
  }
}

/** Arena offset of a chunk of a device: the chunks of a pass use the places in turn. */
export function chunkPlace(device: number, place: number): number {
  return (device * CHUNKS_IN_MEMORY + place) * CHUNK_BYTES;
}

export function flushOrThrow(bulk: BulkRing, devices: readonly number[]): void {
  transferOrThrow(
    bulk,
    devices.map((device) => ({ op: IO_OP.flush, device, offsetBytes: 0, lengthBytes: 0, arenaOffset: 0 })),
  );
}
