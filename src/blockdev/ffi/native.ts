/**
 * The bound library, whichever FFI bound it: the functions of the signature table as typed JavaScript functions. Numbers
 * cross as doubles (safe integers only); memory crosses as typed arrays, handles as opaque pointers.
 */
import { fileURLToPath } from 'node:url';
import type { SIGNATURES, CType, NativeFunctionName } from './signatures.js';

export type FfiName = 'koffi' | 'ffi-napi';

declare const pointerBrand: unique symbol;
/** An address from C; only ever handed back to C, or to `NativeLibrary.view`. */
export interface NativePointer {
  readonly [pointerBrand]: true;
}

interface Taken {
  int32: number;
  uint32: number;
  int64: number;
  uint64: number;
  pointer: NativePointer | ArrayBufferView | null;
  string: string;
}
interface Returned extends Omit<Taken, 'pointer'> {
  pointer: NativePointer | null;
}
type ArgumentsOf<T extends readonly CType[]> = { -readonly [K in keyof T]: Taken[T[K]] };

export type NativeFunctions = {
  readonly [N in NativeFunctionName]: (
    ...args: ArgumentsOf<(typeof SIGNATURES)[N]['takes']>
  ) => Returned[(typeof SIGNATURES)[N]['returns']];
};

export interface NativeLibrary extends NativeFunctions {
  readonly ffi: FfiName;
  /** C's memory seen from JavaScript, not copied. The caller keeps it mapped as long as the view can be reached. */
  view(pointer: NativePointer, bytes: number): ArrayBuffer;
}

/** Both src/blockdev/ffi/ and dist/blockdev/ffi/ lie three levels below the package's root. */
const NATIVE_FOLDER = fileURLToPath(new URL('../../../native/', import.meta.url));
export const NATIVE_LIBRARY_PATH = `${NATIVE_FOLDER}build/libplugpull.so`;

/**
 * For a person to type. By its path: the package may lie in somebody's node_modules, where its scripts were not run.
 * `--force`, since a library for another host or header may be newer than its sources.
 */
export const NATIVE_BUILD_COMMAND = `node ${NATIVE_FOLDER}build.mjs --force`;
