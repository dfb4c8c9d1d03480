/** Page-aligned memory, as O_DIRECT wants it. Only C maps such: it is the arena of an engine that does nothing else. */
import { closeSync, openSync } from 'node:fs';
import { createIoRing } from './ioRing.js';
import type { FfiName } from './ffi/native.js';
import type { DeviceIdentity, OpenDevice } from './blockDevice.js';

export interface AlignedMemory {
  buffer: Buffer;
  /** The buffer must not be used afterwards. */
  close(): void;
}

export function alignedMemory(bytes: number, ffi?: FfiName): AlignedMemory {
  const fd = openSync('/dev/null', 'r');
  const nothing: OpenDevice = { fd, closed: false, identity: {} as DeviceIdentity, close: () => undefined };
  try {
    const engine = createIoRing({ ffi, kind: 'threads', depth: 1, arenaBytes: bytes, devices: [nothing] });
    return {
      buffer: engine.arena,
      close() {
        engine.close();
        closeSync(fd);
      },
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
