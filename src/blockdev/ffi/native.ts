/**
 * The type of the bound library, the same for both FFIs: the functions of the signature table as typed JavaScript
 * functions. Numbers cross as doubles (safe integers only), memory as typed arrays, handles as opaque pointers.
 */
import { fileURLToPath } from 'node:url';
import type { SIGNATURES, CType, NativeFunctionName } from './signatures.js';

export type FfiName = 'koffi' | 'ffi-napi';

declare const pointerBrand: unique symbol;
/** An address from C. It goes back to C, or to `NativeLibrary.view`, and nowhere else. */
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
  /** A view of memory of C, not a copy. The caller keeps the memory mapped as long as the view can be reached. */
  view(pointer: NativePointer, bytes: number): ArrayBuffer;
}

/** Both src/blockdev/ffi/ and dist/blockdev/ffi/ are three levels below the root of the package. */
const NATIVE_FOLDER = fileURLToPath(new URL('../../../native/', import.meta.url));
export const NATIVE_LIBRARY_PATH = `${NATIVE_FOLDER}build/libplugpull.so`;

/**
 * A command for error messages. It names the script by path: the package may be in a node_modules folder where npm ran
 * no script. It has `--force`, since a library for another host or header may be newer than its sources.
 */
export const NATIVE_BUILD_COMMAND = `node ${NATIVE_FOLDER}build.mjs --force`;
