/**
 * Promise: where the optional package of ffi-napi is not installed, the error names it and the fix; koffi still works.
 */
import { afterAll, expect, it, vi } from 'vitest';

afterAll(() => {
  vi.doUnmock('node:module');
  vi.resetModules();
});

it('the error names the package and --ffi koffi', async () => {
  vi.doMock('node:module', async (original) => ({
    ...(await original<typeof import('node:module')>()),
    createRequire: () => () => {
      throw Object.assign(new Error("Cannot find module '@2060.io/ffi-napi'"), { code: 'MODULE_NOT_FOUND' });
    },
  }));
  // Another test file may have loaded the module before.
  vi.resetModules();
  const { loadNative } = await import('../../src/blockdev/ffi/loadNative.js');
  const refusal = {
    code: 'DEVICE_FFI_MISSING',
    message: expect.stringMatching(/npm install @2060\.io\/ffi-napi.*--ffi koffi/),
  };
  expect(() => loadNative('ffi-napi')).toThrow(expect.objectContaining(refusal));
  expect(loadNative('koffi').ffi).toBe('koffi');
});
