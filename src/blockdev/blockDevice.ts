/**
 * What the other rooms know of a block device: a device in a profile, an open handle with its identity, and one I/O
 * ring that takes batches. Sizes and offsets are bytes unless the name says otherwise; byte offsets are safe integers
 * (< 2^53).
 */

/** Operations of a descriptor. The numbers are the C ABI (native/include/plugpull.h). */
export const IO_OP = {
  read: 1,
  write: 2,
  /** A write that is durable when it completes (RWF_DSYNC: FUA, or a write followed by a flush). */
  writeDurable: 3,
  /** A cache flush of the device. It covers the writes that completed before it was submitted. */
  flush: 4,
  discard: 5,
} as const;
export type IoOp = (typeof IO_OP)[keyof typeof IO_OP];

export type WriteCache = 'write-back' | 'write-through' | 'unknown';

/** A device as a profile names it. */
export interface DeviceRef {
  /** A path (`/dev/disk/by-id/…`), or `lab:NAME` for a virtual disk of the `lab:` section of this profile. */
  device: string;
  /** Must equal the serial number that the device reports. Undefined: not checked (allowed for lab devices only). */
  serial?: string;
  wwn?: string;
  /** Loop devices only: must equal the backing file. */
  backingFile?: string;
  /** Bytes to use, from the start of the device. Default: all. */
  sizeBytes?: number;
  /** How a write is made durable: by a flush after it, or by FUA on each write. */
  durability: 'flush' | 'fua';
}

/** What a device reports of itself, read from the open descriptor and from sysfs of its major:minor. */
export interface DeviceIdentity {
  /** The path that the caller opened, e.g. `/dev/disk/by-id/wwn-0x5000…`. */
  path: string;
  /** The kernel name now, e.g. `sdb`, `loop3`; may change after a power cut. */
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
  /** Loop devices: the backing file; else null. */
  backingFile: string | null;
  /** The number that the kernel gives each attached disk, in increasing order; null where the kernel has none. */
  diskSequence: number | null;
}

export interface IdentityDifference {
  field: keyof DeviceIdentity;
  before: string;
  after: string;
}

/** Facts that a disk reports after a power cut as before. Kernel name, major:minor and path may change. */
const LASTING = ['serial', 'wwn', 'model', 'backingFile', 'sizeBytes', 'logicalBlockBytes'] as const;
/** For a device without serial number, WWN and backing file: only the kernel knows that it stayed attached. */
const WHILE_ATTACHED = ['majorMinor', 'diskSequence'] as const;

/** Compares two identities. Empty: they are the same device. A fact that is missing afterwards is a difference. */
export function identityDifferences(before: DeviceIdentity, after: DeviceIdentity): IdentityDifference[] {
  const isNamed = before.serial !== null || before.wwn !== null || before.backingFile !== null;
  const fields = isNamed ? LASTING : [...LASTING, ...WHILE_ATTACHED];
  return fields
    .filter((field) => before[field] !== after[field])
    .map((field) => ({ field, before: String(before[field] ?? 'unknown'), after: String(after[field] ?? 'unknown') }));
}

export function sameIdentity(before: DeviceIdentity, after: DeviceIdentity): boolean {
  return identityDifferences(before, after).length === 0;
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
  /** The largest number of descriptors in flight; `push` beyond it throws RangeError. */
  readonly depth: number;
  readonly inFlight: number;
  /** Page-aligned memory mapped in C; data offsets of `push` are offsets into it. */
  readonly arena: Buffer;
  /** The completion carries `tag`, a uint32. `flush` and `discard` take no arena offset (pass 0). */
  push(op: IoOp, deviceIndex: number, tag: number, offsetBytes: number, lengthBytes: number, arenaOffset: number): void;
  /**
   * Submits what was pushed, waits until `minComplete` completions have arrived or `timeoutNs` has passed, and returns
   * how many it took. The accessors read them until the next call. Never throws for a failed I/O.
   */
  submitAndReap(minComplete: number, timeoutNs: number): number;
  tag(i: number): number;
  /** Bytes transferred, or a negative errno. */
  result(i: number): number;
  /** CLOCK_MONOTONIC in ns. C takes it when it submits and when it reaps the descriptor. Doubles hold it exactly. */
  submittedNs(i: number): number;
  completedNs(i: number): number;
  /** I/Os submitted to this device whose completion has not been taken. */
  unanswered(deviceIndex: number): number;
  /**
   * Before `close`: drops what was pushed and not submitted, and ignores the results of what was submitted. Waits up to
   * `timeoutNs` for those completions, and returns how many are still missing.
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
  /**
   * Fills `out` with one double per 4 KiB block: the update that all of its sectors hold, or a BLOCK_HOLDS value
   * (src/base/observation.ts). Returns the number of blocks.
   */
  scanBlocks(buffer: Buffer, offset: number, lengthBytes: number, at: BlockScan, out: Float64Array): number;
  /** Offset of the first differing byte, relative to the two starts, or -1. */
  compare(buffer: Buffer, offsetA: number, offsetB: number, lengthBytes: number): number;
  /** Writes the CRC of `lengthBytes/512` journal blocks at `buffer[offset…]` (src/tracker/journal/block.ts). */
  sealBlocks(buffer: Uint8Array, offset: number, lengthBytes: number): void;
  /** CRC32C (Castagnoli), as in RFC 3720; `seed` chains calls. */
  crc32c(buffer: Uint8Array, seed?: number): number;
}

/** The run, and the LBA of the first sector, that the sectors of a scan must name. */
export interface BlockScan {
  runId: number;
  firstLba: number;
}

export interface StampFields {
  /** 1 … 2^53-1 */
  runId: number;
  /** 0: the base pattern that `prepare` writes. */
  updateId: number;
  transactionId: number;
  /** LBA of the first sector, in 512-byte sectors. */
  firstLba: number;
}
