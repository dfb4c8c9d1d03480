/**
 * The interface between FUSE server and disk: a block device that can lose power. The volatile cache implements it, and
 * faults wrap it. All calls are synchronous: each disk has a thread of its own.
 */

/** Results are 0 or a negative errno, as FUSE returns them to the kernel. */
export interface VirtualDevice {
  read(offsetBytes: number, target: Buffer, at: number, lengthBytes: number): number;
  /** The bytes are `source[at …]`. The cache keeps bytes that lie in its own arena without copying them. */
  write(offsetBytes: number, source: Buffer, at: number, lengthBytes: number): number;
  discard(offsetBytes: number, lengthBytes: number): number;
  flush(): number;
  /** The kill model decides which unflushed writes survive. Called once per cut, before any request fails. */
  powerLost(): void;
  powerReturned(): void;
}

/** Why a write reaches the medium: a flush, a full cache, or survival of a power cut. */
export type DurableCause = 'flush' | 'evict' | 'cut';

/** The durable part of a disk. Throws LabError when the image file fails. */
export interface Medium {
  read(offsetBytes: number, target: Buffer, at: number, lengthBytes: number): void;
  write(offsetBytes: number, source: Buffer, at: number, lengthBytes: number, cause: DurableCause): void;
  /** Reads as zeros from now on. */
  zero(offsetBytes: number, lengthBytes: number, cause: DurableCause): void;
}

/** Power cuts tear writes at this size, also on disks with larger logical blocks. */
export const SECTOR_BYTES = 512;

export const EIO = 5;
