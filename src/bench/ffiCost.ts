/**
 * Cost of one call through an FFI binding: without arguments, with a buffer and numbers, and as a step of the I/O ring.
 */
import { createIoRing } from '../blockdev/ioRing.js';
import { loadNative } from '../blockdev/ffi/loadNative.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { OpenDevice } from '../blockdev/blockDevice.js';

/** Nanoseconds per call. */
export interface FfiCost {
  noArguments: number;
  bufferAndNumbers: number;
  /** An idle step: all its arguments, and one query of the kernel for completions. */
  step: number;
}

/** Calls between two readings of the clock; the slowest call takes about 20 µs. */
const CALLS_PER_LOOK = 50;

export function ffiCost(ffi: FfiName, device: OpenDevice, forMs: number): FfiCost {
  const native = loadNative(ffi);
  const buffer = new Uint8Array(512);
  const ring = createIoRing({ ffi, depth: 32, arenaBytes: 4096, devices: [device] });
  try {
    return {
      noArguments: perCall(() => native.pp_abi_version(), forMs / 3),
      bufferAndNumbers: perCall(() => native.pp_crc32c(buffer, 0, 0, 0), forMs / 3),
      step: perCall(() => ring.submitAndReap(0, 0), forMs / 3),
    };
  } finally {
    ring.close();
  }
}

function perCall(call: () => unknown, forMs: number): number {
  for (let i = 0; i < CALLS_PER_LOOK; i++) call();
  const started = performance.now();
  let calls = 0;
  let passedMs: number;
  do {
    for (let i = 0; i < CALLS_PER_LOOK; i++) call();
    calls += CALLS_PER_LOOK;
    passedMs = performance.now() - started;
  } while (passedMs < forMs);
  return (passedMs * 1e6) / calls;
}
