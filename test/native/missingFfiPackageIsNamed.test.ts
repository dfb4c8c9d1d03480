/**
 * Promise: where the optional package of ffi-napi is not installed, the error names it and the fix; koffi still works.
 */
import { expect, it, vi } from 'vitest';
import { loadNative } from '../../src/blockdev/ffi/loadNative.js';

vi.mock('node:module', async (original) => ({
  ...(await original<typeof import('node:module')>()),
  createRequire: () => () => {
    throw Object.assign(new Error("Cannot find module '@2060.io/ffi-napi'"), { code: 'MODULE_NOT_FOUND' });
  },
}));

it('the error names the package and --ffi koffi', () => {
  const refusal = {
    code: 'DEVICE_FFI_MISSING',
    message: expect.stringMatching(/npm install @2060\.io\/ffi-napi.*--ffi koffi/),
  };
  expect(() => loadNative('ffi-napi')).toThrow(expect.objectContaining(refusal));
  expect(loadNative('koffi').ffi).toBe('koffi');
});
