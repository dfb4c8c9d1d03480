/** Promise: without the optional package, asking for ffi-napi names it and the way out; koffi is not concerned. */
import { expect, it, vi } from 'vitest';
import { loadNative } from '../../src/blockdev/ffi/loadNative.js';

vi.mock('node:module', async (original) => ({
  ...(await original<typeof import('node:module')>()),
  createRequire: () => () => {
    throw Object.assign(new Error("Cannot find module '@2060.io/ffi-napi'"), { code: 'MODULE_NOT_FOUND' });
  },
}));

it('ffi-napi is not installed', () => {
  const told = {
    code: 'DEVICE_FFI_MISSING',
    message: expect.stringMatching(/npm install @2060\.io\/ffi-napi.*--ffi koffi/),
  };
  expect(() => loadNative('ffi-napi')).toThrow(expect.objectContaining(told));
  expect(loadNative('koffi').ffi).toBe('koffi');
});
