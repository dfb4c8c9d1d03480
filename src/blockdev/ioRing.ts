/**
 * The I/O engine over libplugpull. Descriptors and completions live in two typed arrays that C reads and writes in place,
 * so that a batch costs one FFI call and no allocation. Belongs to the thread that made it.
 */
import { DeviceError, errnoName } from './errors.js';
import { loadNative } from './ffi/loadNative.js';
import type { FfiName, NativeLibrary, NativePointer } from './ffi/native.js';
import { IO_OP, type IoRing, type IoOp, type OpenDevice } from './blockDevice.js';
import { CONSTANTS, STRUCTS } from './ffi/signatures.js';

export interface IoRingOptions {
  ffi?: FfiName;
  /** `auto`: io_uring, or threads where the kernel or a policy forbids it. */
  kind?: 'auto' | 'io_uring' | 'threads';
  /** 1 … 4096 */
  depth: number;
  arenaBytes: number;
  /** Their index is the `deviceIndex` of `push`. Close the engine first, the devices after it. */
  devices: readonly OpenDevice[];
  /** Descriptors that stay open with the devices: for as long as the kernel has I/O of this engine, also beyond this process. */
  keepOpen?: readonly number[];
}

const KINDS = {
  auto: CONSTANTS.PP_ENGINE_AUTO,
  io_uring: CONSTANTS.PP_ENGINE_IO_URING,
  threads: CONSTANTS.PP_ENGINE_THREADS,
} as const;

const TWO_32 = 2 ** 32;
const DESCRIPTOR = wordsOf(STRUCTS.pp_descriptor);
const COMPLETION = wordsOf(STRUCTS.pp_completion);

/** Offsets counted in 32-bit words; 64-bit fields are their low word (the library is little-endian only). */
function wordsOf<F extends string>(layout: { sizeBytes: number; offsetBytes: Readonly<Record<F, number>> }) {
  const at = {} as Record<F, number>;
  for (const field of Object.keys(layout.offsetBytes) as F[]) at[field] = layout.offsetBytes[field] / 4;
  return { stride: layout.sizeBytes / 4, at };
}

/** Unmaps an arena when nothing can reach its memory any more; before, a forgotten view would crash the process. */
const arenas = new FinalizationRegistry<{ native: NativeLibrary; pointer: NativePointer; bytes: number }>((arena) => {
  arena.native.pp_arena_unmap(arena.pointer, arena.bytes);
});

/** Throws RangeError for bad sizes, DeviceError DEVICE_ENGINE_FAILED when the kernel refuses, DEVICE_CLOSED for a closed device. */
export function createIoRing(options: IoRingOptions): IoRing {
  const { depth, arenaBytes, devices, keepOpen = [] } = options;
  requireRange('depth', depth, 1, CONSTANTS.PP_DEPTH_MAX);
  requireRange('arenaBytes', arenaBytes, 1, Number.MAX_SAFE_INTEGER);
  requireRange('number of devices', devices.length, 1, CONSTANTS.PP_DEVICES_MAX - keepOpen.length);
  const native = loadNative(options.ffi);
  const fds = Int32Array.from([...devices.map((device) => device.fd), ...keepOpen]);
  const error = new Int32Array(1);
  const kind = options.kind ?? 'auto';
  const handle = native.pp_engine_create(KINDS[kind], depth, fds, fds.length, arenaBytes, error);
  if (handle === null) {
    throw new DeviceError(
      'DEVICE_ENGINE_FAILED',
      `no ${kind} engine of depth ${depth} with ${arenaBytes} bytes: ${errnoName(error[0]!)}. Try kind 'threads', or less memory.`,
      { kind, depth, arenaBytes, errno: -error[0]! },
    );
  }
  return new NativeIoEngine(native, handle, depth, arenaBytes, [...devices]);
}

function requireRange(what: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw new RangeError(`${what} is ${value}; it must be an integer from ${min} to ${max}`);
}

class NativeIoEngine implements IoRing {
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
    this.#arena = Buffer.from(native.view(native.pp_engine_arena(handle)!, arenaBytes));
    this.#descriptors = new Uint32Array(depth * DESCRIPTOR.stride);
    this.#completions = new Uint32Array(depth * COMPLETION.stride);
    this.depth = depth;
    this.ffi = native.ffi;
    this.kind = native.pp_engine_kind(handle) === CONSTANTS.PP_ENGINE_IO_URING ? 'io_uring' : 'threads';
  }

  /** Pushed and not yet handed back. */
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
      throw new RangeError(`${this.depth} descriptors are in flight already, the engine's depth; reap some first`);
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

  /** C refuses malformed descriptors for the whole batch; here the culprit is still known. */
  #check(op: IoOp, deviceIndex: number, tag: number, offset: number, length: number, arenaOffset: number): void {
    const device = this.#devices[deviceIndex];
    if (device === undefined)
      throw new RangeError(`device index is ${deviceIndex}; the engine has ${this.#devices.length}`);
    if (device.closed) void device.fd; // throws DEVICE_CLOSED, naming it
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
      throw new RangeError(`bytes ${arenaOffset} + ${length} lie outside the arena of ${this.#arenaBytes} bytes`);
  }

  submitAndReap(minComplete: number, timeoutNs: number): number {
    if (this.#handle === null) this.#throwClosed();
    const timeout = timeoutNs >= 0 && timeoutNs <= Number.MAX_SAFE_INTEGER ? Math.floor(timeoutNs) : -1;
    const pushed = this.#pushed;
    const wanted = Math.max(0, Math.min(minComplete, this.depth));
    const taken = this.#native.pp_engine_step(
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
    return this.#handle === null ? 0 : this.#native.pp_engine_in_flight(this.#handle, deviceIndex);
  }

  discard(timeoutNs: number): number {
    this.#pushed = 0;
    if (this.#handle === null) return 0;
    // One that fails is taken for answered: `close` says the same of it.
    const taken = this.#native.pp_engine_step(
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
    const pointer = this.#native.pp_engine_arena(this.#handle)!;
    const view = this.#arena.buffer;
    this.#native.pp_engine_close(this.#handle);
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
    throw new DeviceError('DEVICE_CLOSED', 'the I/O engine has been closed; create another one.');
  }

  #throwStep(errno: number): never {
    throw new DeviceError(
      'DEVICE_ENGINE_FAILED',
      `the ${this.kind} engine itself failed (${errnoName(errno)}), not one of its transfers. Close it and create another one.`,
      { errno: -errno, kind: this.kind },
    );
  }
}
