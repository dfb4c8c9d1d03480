/**
 * What the rest of plugpull may know of a block device: an open handle with its identity, and one I/O engine that
 * takes batches. Everything is in bytes unless the name says otherwise; byte offsets are safe integers (< 2^53).
 */

/** Operations of a descriptor. The numbers are the C ABI (native/include/plugpull.h). */
export const IO_OP = {
  read: 1,
  write: 2,
  /** A write that is durable when it completes (RWF_DSYNC: FUA, or a write with a flush behind it). */
  writeDurable: 3,
  /** A cache flush of the whole device; covers writes completed before it was submitted. */
  flush: 4,
  discard: 5,
} as const;
export type IoOp = (typeof IO_OP)[keyof typeof IO_OP];

export type WriteCache = 'write-back' | 'write-through' | 'unknown';

/** What a device says of itself, read from the open descriptor and from sysfs of its major:minor. */
export interface DeviceIdentity {
  /** The path it was asked for, e.g. `/dev/disk/by-id/wwn-0x5000…`. */
  path: string;
  /** Kernel name now, e.g. `sdb`, `loop3`; may change after a power cut. */
  kernelName: string;
  majorMinor: string;
  sizeBytes: number;
  logicalBlockBytes: number;
  physicalBlockBytes: number;
  writeCache: WriteCache;
  readOnly: boolean;
  rotational: boolean;
  model: string | null;
  serial: string | null;
  wwn: string | null;
  /** Loop devices: the file behind it; else null. */
  backingFile: string | null;
  /** Kernel's monotonically increasing number of this disk's appearance; null where the kernel has none. */
  diskSequence: number | null;
}

export interface OpenDevice {
  readonly identity: DeviceIdentity;
  readonly fd: number;
  readonly closed: boolean;
  /** Idempotent. Using the device afterwards throws `DeviceError` with code `DEVICE_CLOSED`. */
  close(): void;
}

/**
 * Batched asynchronous I/O. One thread creates, uses and closes it. `push` collects descriptors without a system call;
 * `submitAndReap` is one FFI call that submits them and takes completions.
 */
export interface IoRing {
  readonly kind: 'io_uring' | 'threads';
  readonly ffi: 'koffi' | 'ffi-napi';
  /** Descriptors that may be in flight; `push` beyond it throws RangeError. */
  readonly depth: number;
  readonly inFlight: number;
  /** Page-aligned memory mapped in C; data offsets of `push` are offsets into it. */
  readonly arena: Buffer;
  /** `tag` is a uint32 handed back with the completion. `flush` and `discard` take no arena offset (pass 0). */
  push(op: IoOp, deviceIndex: number, tag: number, offsetBytes: number, lengthBytes: number, arenaOffset: number): void;
  /**
   * Submits what was pushed, waits until `minComplete` completions are there or `timeoutNs` has passed, and returns how
   * many were taken (readable through the accessors until the next call). Never throws for a failed I/O.
   */
  submitAndReap(minComplete: number, timeoutNs: number): number;
  tag(i: number): number;
  /** Bytes transferred, or a negative errno. */
  result(i: number): number;
  /** CLOCK_MONOTONIC in ns, taken in C when the descriptor was submitted / when it was reaped. Doubles hold them exactly. */
  submittedNs(i: number): number;
  completedNs(i: number): number;
  /** Submitted to this device and not handed back yet. */
  unanswered(deviceIndex: number): number;
  /**
   * On the way out: what was pushed and not submitted is dropped, and the results of what was are. Waits for those until
   * `timeoutNs` has passed, and returns how many are still missing.
   */
  discard(timeoutNs: number): number;
  /** Waits for all that is in flight, then frees ring and arena. Idempotent. Use afterwards throws DEVICE_CLOSED. */
  close(): void;
}

/** Fast sector work in C on the arena (or any Buffer). */
export interface SectorTools {
  /** Stamps `lengthBytes/512` sectors at `buffer[offset…]`; see src/workload/stamp.ts for the layout. */
  stamp(buffer: Buffer, offset: number, lengthBytes: number, s: StampFields): void;
  /** Fills `out` with one observation per sector (src/base/observation.ts). Returns the number of sectors. */
  scan(buffer: Buffer, offset: number, lengthBytes: number, out: Float64Array): number;
  /** Offset of the first differing byte, relative to the two starts, or -1. */
  compare(buffer: Buffer, offsetA: number, offsetB: number, lengthBytes: number): number;
  /** CRC32C (Castagnoli), as in RFC 3720; `seed` chains calls. */
  crc32c(buffer: Uint8Array, seed?: number): number;
}

export interface StampFields {
  /** 1 … 2^53-1 */
  runId: number;
  /** 0 = the base pattern that `prepare` lays down. */
  updateId: number;
  transactionId: number;
  /** LBA, in 512-byte sectors, of the first sector. */
  firstLba: number;
}
