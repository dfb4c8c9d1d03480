/**
 * The I/O ring over libplugpull. Descriptors and completions are in two typed arrays, which C reads and writes in
 * place: a batch costs one FFI call and no allocation. The thread that creates a ring is the only one that uses it.
 */
import { closeSync, openSync } from 'node:fs';
import { DeviceError, errnoName } from './errors.js';
import { loadNative } from './ffi/loadNative.js';
import type { FfiName, NativeLibrary, NativePointer } from './ffi/native.js';
import { IO_OP, type DeviceIdentity, type IoOp, type IoRing, type OpenDevice } from './blockDevice.js';
import { CONSTANTS, STRUCTS } from './ffi/signatures.js';

export interface IoRingOptions {
  ffi?: FfiName;
  /** `auto`: io_uring, or threads where the kernel or a policy forbids io_uring. */
  kind?: 'auto' | 'io_uring' | 'threads';
  /** 1 … 4096 */
  depth: number;
  arenaBytes: number;
  /** Their index is the `deviceIndex` of `push`. Close the ring first, the devices after it. */
  devices: readonly OpenDevice[];
  /** Descriptors that stay open as long as the kernel has I/O of this ring, also after the end of this process. */
  keepOpen?: readonly number[];
}

const KINDS = {
  auto: CONSTANTS.PP_RING_AUTO,
  io_uring: CONSTANTS.PP_RING_IO_URING,
  threads: CONSTANTS.PP_RING_THREADS,
} as const;

const TWO_32 = 2 ** 32;
const DESCRIPTOR = wordsOf(STRUCTS.pp_descriptor);
const COMPLETION = wordsOf(STRUCTS.pp_completion);

/**
 * Offsets in 32-bit words. The offset of a 64-bit field is that of its low word (the library is little-endian only).
 */
function wordsOf<F extends string>(layout: { sizeBytes: number; offsetBytes: Readonly<Record<F, number>> }) {
  const at = {} as Record<F, number>;
  for (const field of Object.keys(layout.offsetBytes) as F[]) at[field] = layout.offsetBytes[field] / 4;
  return { stride: layout.sizeBytes / 4, at };
}

/** Unmaps an arena once no view of it exists: an access through a view of unmapped memory would crash the process. */
const arenas = new FinalizationRegistry<{ native: NativeLibrary; pointer: NativePointer; bytes: number }>((arena) => {
  arena.native.pp_arena_unmap(arena.pointer, arena.bytes);
});

/**
 * Throws RangeError for bad sizes, DeviceError DEVICE_ENGINE_FAILED when the kernel refuses, DEVICE_CLOSED for a closed
 * device.
 */
export function createIoRing(options: IoRingOptions): IoRing {
  const { depth, arenaBytes, devices, keepOpen = [] } = options;
  requireRange('depth', depth, 1, CONSTANTS.PP_DEPTH_MAX);
  requireRange('arenaBytes', arenaBytes, 1, Number.MAX_SAFE_INTEGER);
  requireRange('number of devices', devices.length, 1, CONSTANTS.PP_DEVICES_MAX - keepOpen.length);
  const native = loadNative(options.ffi);
  const fds = Int32Array.from([...devices.map((device) => device.fd), ...keepOpen]);
  const error = new Int32Array(1);
  const kind = options.kind ?? 'auto';
  const handle = native.pp_ring_create(KINDS[kind], depth, fds, fds.length, arenaBytes, error);
  if (handle === null) {
    throw new DeviceError(
      'DEVICE_ENGINE_FAILED',
      `cannot create an I/O ring (${kind}, depth ${depth}, arena of ${arenaBytes} bytes): ${errnoName(error[0]!)}. Try kind 'threads', or less memory.`,
      { kind, depth, arenaBytes, errno: -error[0]! },
    );
  }
  return new NativeIoRing(native, handle, depth, arenaBytes, [...devices]);
}

export interface AlignedMemory {
  buffer: Buffer;
  /** The buffer must not be used afterwards. */
  close(): void;
}

/** Page-aligned memory, as O_DIRECT needs it. Only C maps such memory: this is the arena of a ring that does no I/O. */
export function alignedMemory(bytes: number, ffi?: FfiName): AlignedMemory {
  const fd = openSync('/dev/null', 'r');
  const nullDevice: OpenDevice = { fd, closed: false, identity: {} as DeviceIdentity, close: () => undefined };
  try {
    const ring = createIoRing({ ffi, kind: 'threads', depth: 1, arenaBytes: bytes, devices: [nullDevice] });
    return {
      buffer: ring.arena,
      close() {
        ring.close();
        closeSync(fd);
      },
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function requireRange(what: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw new RangeError(`${what} is ${value}; it must be an integer from ${min} to ${max}`);
}

class NativeIoRing implements IoRing {
  readonly kind: 'io_uring' | 'threads';
  readonly ffi: FfiName;
  readonly depth: number;
  readonly #native: NativeLibrary;
  readonly #devices: readonly OpenDevice[];
  readonly #descriptors: Uint32Array;
  readonly #completions: Uint32Array;
  readonly #arenaBytes: number;
  /** null once closed. */
  #handle: NativePointer | null;
  #arena: Buffer | null;
  #pushed = 0;
  #submitted = 0;
  #taken = 0;

  constructor(native: NativeLibrary, handle: NativePointer, depth: number, arenaBytes: number, devices: OpenDevice[]) {
    this.#native = native;
    this.#handle = handle;
    this.#devices = devices;
    this.#arenaBytes = arenaBytes;
    this.#arena = Buffer.from(native.view(native.pp_ring_arena(handle)!, arenaBytes));
    this.#descriptors = new Uint32Array(depth * DESCRIPTOR.stride);
    this.#completions = new Uint32Array(depth * COMPLETION.stride);
    this.depth = depth;
    this.ffi = native.ffi;
    this.kind = native.pp_ring_kind(handle) === CONSTANTS.PP_RING_IO_URING ? 'io_uring' : 'threads';
  }

  /** Pushed, and not yet taken as completions. */
  get inFlight(): number {
    return this.#pushed + this.#submitted;
  }

  get arena(): Buffer {
    return this.#arena ?? this.#throwClosed();
  }

  push(
    op: IoOp,
    deviceIndex: number,
    tag: number,
    offsetBytes: number,
    lengthBytes: number,
    arenaOffset: number,
  ): void {
    if (this.#handle === null) this.#throwClosed();
    if (this.#pushed + this.#submitted >= this.depth)
      throw new RangeError(`push: ${this.depth} descriptors are in flight, the depth of the ring; reap some first`);
    this.#check(op, deviceIndex, tag, offsetBytes, lengthBytes, arenaOffset);
    const { at, stride } = DESCRIPTOR;
    const words = this.#descriptors;
    const base = this.#pushed * stride;
    words[base + at.op] = op;
    words[base + at.device] = deviceIndex;
    words[base + at.tag] = tag;
    words[base + at.offset_bytes] = offsetBytes;
    words[base + at.offset_bytes + 1] = offsetBytes / TWO_32;
    words[base + at.length_bytes] = lengthBytes;
    words[base + at.length_bytes + 1] = lengthBytes / TWO_32;
    words[base + at.arena_offset] = arenaOffset;
    words[base + at.arena_offset + 1] = arenaOffset / TWO_32;
    this.#pushed++;
  }

  /** C refuses a batch in which one descriptor is malformed; only this check can say which one. */
  #check(op: IoOp, deviceIndex: number, tag: number, offset: number, length: number, arenaOffset: number): void {
    const device = this.#devices[deviceIndex];
    if (device === undefined)
      throw new RangeError(`device index is ${deviceIndex}; the ring has ${this.#devices.length} devices`);
    if (device.closed) void device.fd; // throws DEVICE_CLOSED with the path of the device
    if (tag >>> 0 !== tag) throw new RangeError(`tag is ${tag}; it must be a uint32`);
    if (op === IO_OP.flush) return;
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw new RangeError(`offset is ${offset}; it must be a safe integer >= 0`);
    if (op === IO_OP.discard) {
      requireRange('length of a discard', length, 1, Number.MAX_SAFE_INTEGER - offset);
      return;
    }
    if (op !== IO_OP.read && op !== IO_OP.write && op !== IO_OP.writeDurable)
      throw new RangeError(`op is ${String(op)}; see IO_OP`);
    requireRange('length of a transfer', length, 1, CONSTANTS.PP_TRANSFER_BYTES_MAX);
    if (!Number.isSafeInteger(arenaOffset) || arenaOffset < 0 || arenaOffset + length > this.#arenaBytes)
      throw new RangeError(
        `arena offset ${arenaOffset}, length ${length}: outside the arena of ${this.#arenaBytes} bytes`,
      );
  }

  submitAndReap(minComplete: number, timeoutNs: number): number {
    if (this.#handle === null) this.#throwClosed();
    const timeout = timeoutNs >= 0 && timeoutNs <= Number.MAX_SAFE_INTEGER ? Math.floor(timeoutNs) : -1;
    const pushed = this.#pushed;
    const wanted = Math.max(0, Math.min(minComplete, this.depth));
    const taken = this.#native.pp_ring_step(
      this.#handle,
      this.#descriptors,
      pushed,
      this.#completions,
      this.depth,
      wanted,
      timeout,
    );
    if (taken < 0) this.#throwStep(taken);
    this.#pushed = 0;
    this.#submitted += pushed - taken;
    this.#taken = taken;
    return taken;
  }

  unanswered(deviceIndex: number): number {
    return this.#handle === null ? 0 : this.#native.pp_ring_in_flight(this.#handle, deviceIndex);
  }

  discard(timeoutNs: number): number {
    this.#pushed = 0;
    if (this.#handle === null) return 0;
    // When the step fails, nothing more can be waited for: `close` ends its own wait in the same case.
    const taken = this.#native.pp_ring_step(
      this.#handle,
      this.#descriptors,
      0,
      this.#completions,
      this.depth,
      this.#submitted,
      timeoutNs,
    );
    this.#taken = 0;
    this.#submitted = taken < 0 ? 0 : this.#submitted - taken;
    return this.#submitted;
  }

  tag(i: number): number {
    return this.#completions[this.#base(i) + COMPLETION.at.tag]!;
  }

  result(i: number): number {
    const word = this.#base(i) + COMPLETION.at.result;
    return (this.#completions[word + 1]! | 0) * TWO_32 + this.#completions[word]!;
  }

  submittedNs(i: number): number {
    return this.#nanoseconds(this.#base(i) + COMPLETION.at.submitted_ns);
  }

  completedNs(i: number): number {
    return this.#nanoseconds(this.#base(i) + COMPLETION.at.completed_ns);
  }

  close(): void {
    if (this.#handle === null || this.#arena === null) return;
    const pointer = this.#native.pp_ring_arena(this.#handle)!;
    const view = this.#arena.buffer;
    this.#native.pp_ring_close(this.#handle);
    this.#handle = null;
    this.#arena = null;
    this.#pushed = 0;
    this.#submitted = 0;
    this.#taken = 0;
    arenas.register(view, { native: this.#native, pointer, bytes: this.#arenaBytes });
  }

  #base(i: number): number {
    if (i < 0 || i >= this.#taken) throw new RangeError(`completion ${i} asked for; the last step took ${this.#taken}`);
    return i * COMPLETION.stride;
  }

  #nanoseconds(word: number): number {
    return this.#completions[word + 1]! * TWO_32 + this.#completions[word]!;
  }

  #throwClosed(): never {
    throw new DeviceError('DEVICE_CLOSED', 'the I/O ring has been closed; create another one.');
  }

  #throwStep(errno: number): never {
    throw new DeviceError(
      'DEVICE_ENGINE_FAILED',
      `the I/O ring itself (${this.kind}) failed (${errnoName(errno)}), not one of its transfers. Close it and create another one.`,
      { errno: -errno, kind: this.kind },
    );
  }
}
