/**
 * Binds the signature table to libplugpull, with either FFI package.
 *
 *   koffi       the default: some 50 ns a call, prebuilt for every usual platform
 *   ffi-napi    its maintained fork @2060.io/ffi-napi: 2 µs a call, 20 µs with as many arguments as a step has. An optional
 *               dependency: loaded at run time, and an error names the package where it is not installed
 */
import { createRequire } from 'node:module';
import koffi from 'koffi';
import { DeviceError } from '../errors.js';
import type { NativeLibrary, NativePointer } from './native.js';
import { SIGNATURES, type CType } from './signatures.js';

const KOFFI_TYPE: Record<CType, string> = {
  int32: 'int32_t',
  uint32: 'uint32_t',
  int64: 'int64_t',
  uint64: 'uint64_t',
  pointer: 'void *',
  string: 'const char *',
};

export function loadWithKoffi(libraryPath: string): NativeLibrary {
  const library = koffi.load(libraryPath);
  const bound: Record<string, unknown> = {
    ffi: 'koffi',
    view: (pointer: NativePointer, bytes: number): ArrayBuffer => koffi.view(pointer, bytes),
  };
  for (const [name, signature] of Object.entries(SIGNATURES)) {
    const takes = signature.takes.map((type) => KOFFI_TYPE[type]);
    bound[name] = library.func(name, KOFFI_TYPE[signature.returns], takes);
  }
  return bound as unknown as NativeLibrary;
}

const FFI_NAPI_PACKAGE = '@2060.io/ffi-napi';

/** The part of ffi-napi and ref-napi that this file uses; their own types describe other versions. */
interface FfiNapi {
  Library(path: string, functions: Record<string, [string, string[]]>): Record<string, (...args: unknown[]) => unknown>;
}
interface RefNapi {
  isNull(pointer: Buffer): boolean;
  reinterpret(pointer: Buffer, bytes: number, offset: number): Buffer;
}

const FFI_NAPI_TYPE: Record<CType, string> = {
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  uint64: 'uint64',
  pointer: 'pointer',
  string: 'string',
};

export function loadWithFfiNapi(libraryPath: string): NativeLibrary {
  const { ffi, ref } = requireFfiNapi();
  const table: Record<string, [string, string[]]> = {};
  for (const [name, signature] of Object.entries(SIGNATURES))
    table[name] = [FFI_NAPI_TYPE[signature.returns], signature.takes.map((type) => FFI_NAPI_TYPE[type])];
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

function requireFfiNapi(): { ffi: FfiNapi; ref: RefNapi } {
  try {
    const fromHere = createRequire(import.meta.url);
    const ffi = fromHere(FFI_NAPI_PACKAGE) as FfiNapi;
    // ref-napi must be the copy that ffi-napi itself loads: another copy does not recognize the pointers of this one.
    const ref = createRequire(fromHere.resolve(FFI_NAPI_PACKAGE))('@2060.io/ref-napi') as RefNapi;
    return { ffi, ref };
  } catch (cause) {
    throw new DeviceError(
      'DEVICE_FFI_MISSING',
      `FFI 'ffi-napi': the optional package ${FFI_NAPI_PACKAGE} cannot be loaded. Install it (npm install ${FFI_NAPI_PACKAGE}), or use --ffi koffi.`,
      { package: FFI_NAPI_PACKAGE },
      cause,
    );
  }
}

/** ffi-napi takes Buffers only. Each typed array keeps its Buffer, since making one costs as much as a call. */
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
