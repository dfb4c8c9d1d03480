/** Promise: a library that is missing, has another ABI or lacks our functions is refused, with its path and the fix. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadNative } from '../../src/blockdev/ffi/loadNative.js';
import { SIGNATURES } from '../../src/blockdev/ffi/signatures.js';

const folder = mkdtempSync(join(tmpdir(), 'plugpull-abi-'));
afterAll(() => rmSync(folder, { recursive: true }));

function compile(name: string, source: string): string {
  const library = join(folder, name);
  writeFileSync(`${library}.c`, source);
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, `${library}.c`]);
  return library;
}

for (const ffi of ['koffi', 'ffi-napi'] as const) {
  it(`a missing library is refused (${ffi})`, () => {
    const path = join(folder, 'none.so');
    expect(() => loadNative(ffi, path)).toThrow(
      expect.objectContaining({
        code: 'DEVICE_NATIVE_MISSING',
        message: expect.stringContaining('native/build.mjs --force'),
      }),
    );
  });

  it(`a library with another ABI version is refused (${ffi})`, () => {
    const functions = Object.keys(SIGNATURES).map((name) => `int ${name}(void) { return 999; }`);
    const path = compile(`abi-${ffi}.so`, functions.join('\n'));
    expect(() => loadNative(ffi, path)).toThrow(
      expect.objectContaining({ code: 'DEVICE_NATIVE_MISMATCH', message: expect.stringContaining('999') }),
    );
  });

  it(`a library without our functions is refused (${ffi})`, () => {
    const path = compile(`empty-${ffi}.so`, 'int nothing;');
    expect(() => loadNative(ffi, path)).toThrow(
      expect.objectContaining({ code: 'DEVICE_NATIVE_MISMATCH', message: expect.stringContaining(path) }),
    );
  });
}
