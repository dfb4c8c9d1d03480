/**
 * What a virtual disk is to the FUSE server: a block device that may lose power. The volatile cache implements it;
 * faults wrap it. Synchronous: one disk, one thread.
 */

/** Results are 0 or a negative errno, as they go back to the kernel. */
export interface VirtualDevice {
  read(offsetBytes: number, target: Buffer, at: number, lengthBytes: number): number;
  /** The bytes lie in `source[at …]`. A source that is the cache's own arena is adopted without a copy. */
  write(offsetBytes: number, source: Buffer, at: number, lengthBytes: number): number;
  discard(offsetBytes: number, lengthBytes: number): number;
  flush(): number;
  /** Settles what is volatile by the kill model. Called once per cut, before any request sees the dark. */
  powerLost(): void;
  powerReturned(): void;
}

/** Why a write reaches the medium: a flush vouches for it, or the cache was full, or the power cut spared it. */
export type DurableCause = 'flush' | 'evict' | 'settle';

/** The durable part: what is on it survives. Throws LabError when the image itself fails. */
export interface Medium {
  read(offsetBytes: number, target: Buffer, at: number, lengthBytes: number): void;
  write(offsetBytes: number, source: Buffer, at: number, lengthBytes: number, cause: DurableCause): void;
  /** Reads as zeros from now on. */
  zero(offsetBytes: number, lengthBytes: number, cause: DurableCause): void;
}

/** Power cuts tear writes at this size, whatever the logical block. */
export const SECTOR_BYTES = 512;

export const EIO = 5;
