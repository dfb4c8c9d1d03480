/** Binds the signature table with koffi: the default, some 50 ns a call, prebuilt for every usual platform. */
import koffi from 'koffi';
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
