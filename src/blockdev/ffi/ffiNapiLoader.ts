/**
 * Binds the signature table with ffi-napi (its maintained fork): the API that many know, at 2 µs a call and 20 µs for one
 * with as many arguments as a step. An optional dependency, hence required at run time and told plainly when it is not
 * there.
 */
import { createRequire } from 'node:module';
import { DeviceError } from '../errors.js';
import type { NativeLibrary, NativePointer } from './native.js';
import { SIGNATURES, type CType } from './signatures.js';

const PACKAGE = '@2060.io/ffi-napi';

/** The little of ffi-napi and ref-napi that is used here; their own types describe other versions. */
interface FfiNapi {
  Library(path: string, functions: Record<string, [string, string[]]>): Record<string, (...args: unknown[]) => unknown>;
}
interface RefNapi {
  isNull(pointer: Buffer): boolean;
  reinterpret(pointer: Buffer, bytes: number, offset: number): Buffer;
}

const FFI_TYPE: Record<CType, string> = {
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  uint64: 'uint64',
  pointer: 'pointer',
  string: 'string',
};

function requireFfi(): { ffi: FfiNapi; ref: RefNapi } {
  try {
    const fromHere = createRequire(import.meta.url);
    const ffi = fromHere(PACKAGE) as FfiNapi;
    // ref-napi must be the very copy that ffi-napi uses, or their pointers are strangers to each other.
    const ref = createRequire(fromHere.resolve(PACKAGE))('@2060.io/ref-napi') as RefNapi;
    return { ffi, ref };
  } catch (cause) {
    throw new DeviceError(
      'DEVICE_FFI_MISSING',
      `FFI 'ffi-napi' asked for, but the optional package ${PACKAGE} cannot be loaded. Install it (npm install ${PACKAGE}), or use --ffi koffi.`,
      { package: PACKAGE },
      cause,
    );
  }
}

/** ffi-napi takes Buffers only; one wrapper per typed array, since making a Buffer costs as much as a call. */
function bufferMaker(): (value: unknown) => unknown {
  const wrapped = new WeakMap<ArrayBufferView, Buffer>();
  return (value) => {
    if (!ArrayBuffer.isView(value) || Buffer.isBuffer(value)) return value;
    let buffer = wrapped.get(value);
    if (buffer === undefined) {
      buffer = Buffer.from(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
      wrapped.set(value, buffer);
    }
    return buffer;
  };
}

export function loadWithFfiNapi(libraryPath: string): NativeLibrary {
  const { ffi, ref } = requireFfi();
  const table: Record<string, [string, string[]]> = {};
  for (const [name, signature] of Object.entries(SIGNATURES))
    table[name] = [FFI_TYPE[signature.returns], signature.takes.map((type) => FFI_TYPE[type])];
  const library = ffi.Library(libraryPath, table);
  const asBuffer = bufferMaker();
  const bound: Record<string, unknown> = {
    ffi: 'ffi-napi',
    view: (pointer: NativePointer, bytes: number): ArrayBuffer =>
      ref.reinterpret(pointer as unknown as Buffer, bytes, 0).buffer as ArrayBuffer,
  };
  for (const [name, signature] of Object.entries(SIGNATURES)) {
    const call = library[name]!;
    bound[name] =
      signature.returns === 'pointer'
        ? (...args: unknown[]) => {
            const pointer = call(...args.map(asBuffer)) as Buffer;
            return ref.isNull(pointer) ? null : pointer;
          }
        : (...args: unknown[]) => call(...args.map(asBuffer));
  }
  return bound as unknown as NativeLibrary;
}
