/** Loads libplugpull with the chosen FFI, once per thread. Refuses a library that was built from another header. */
import { existsSync } from 'node:fs';
import { DeviceError } from '../errors.js';
import { loadWithFfiNapi, loadWithKoffi } from './bindings.js';
import { NATIVE_BUILD_COMMAND, NATIVE_LIBRARY_PATH, type FfiName, type NativeLibrary } from './native.js';
import { CONSTANTS } from './signatures.js';

const DEFAULT_FFI: FfiName = 'koffi';

const loaded = new Map<string, NativeLibrary>();

/**
 * Only tests pass `libraryPath`; the default is the library of this package. Throws DEVICE_NATIVE_* or
 * DEVICE_FFI_MISSING.
 */
export function loadNative(ffi: FfiName = DEFAULT_FFI, libraryPath: string = NATIVE_LIBRARY_PATH): NativeLibrary {
  const key = `${ffi} ${libraryPath}`;
  const known = loaded.get(key);
  if (known !== undefined) return known;
  const library = load(ffi, libraryPath);
  const version = library.pp_abi_version();
  if (version !== CONSTANTS.PP_ABI_VERSION) {
    throw new DeviceError(
      'DEVICE_NATIVE_MISMATCH',
      `${libraryPath} has ABI version ${version}; this plugpull needs ${CONSTANTS.PP_ABI_VERSION}. Rebuild it: ${NATIVE_BUILD_COMMAND}`,
      { libraryPath, version, needed: CONSTANTS.PP_ABI_VERSION },
    );
  }
  loaded.set(key, library);
  return library;
}

function load(ffi: FfiName, libraryPath: string): NativeLibrary {
  if (!existsSync(libraryPath)) {
    throw new DeviceError('DEVICE_NATIVE_MISSING', `${libraryPath} does not exist. Build it: ${NATIVE_BUILD_COMMAND}`, {
      libraryPath,
    });
  }
  try {
    return ffi === 'koffi' ? loadWithKoffi(libraryPath) : loadWithFfiNapi(libraryPath);
  } catch (cause) {
    if (cause instanceof DeviceError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DeviceError(
      'DEVICE_NATIVE_MISMATCH',
      `${libraryPath} cannot be loaded with ${ffi}: ${reason}. Rebuild it for this host: ${NATIVE_BUILD_COMMAND}`,
      { libraryPath, ffi },
      cause,
    );
  }
}
