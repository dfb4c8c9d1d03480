/**
 * Promise: an open device is exclusive, and its identity comes from the descriptor; each failed open has its error
 * code.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { identify, openDevice } from '../../src/blockdev/openDevice.js';
import { DEFAULT_LOOP_BYTES, useLoops } from './loop.js';

const loops = useLoops();

function code(path: string, busyRetryMs?: number): string {
  try {
    openDevice(path, { busyRetryMs }).close();
    return 'opened';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

it('a second exclusive open and a mount fail until the device is closed', () => {
  const { path } = loops.loop();
  execFileSync('mkfs.ext4', ['-q', path], { stdio: 'ignore' });
  const device = openDevice(path);
  expect(code(path)).toBe('DEVICE_BUSY');
  expect(() => execFileSync('mount', [path, loops.folder], { stdio: 'ignore' })).toThrow();
  device.close();
  expect(code(path)).toBe('opened');
});

it('open retries EBUSY, since udev opens a disk exclusively after each change', async () => {
  const { path } = loops.loop();
  const holder = `const { openSync, constants: c } = require('node:fs');
    openSync(process.argv[1], c.O_RDONLY | c.O_EXCL);
    process.stdout.write('held');
    process.stdin.once('data', () => setTimeout(() => process.exit(), 100));`;
  const child = spawn(process.execPath, ['-e', holder, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  expect(code(path, 0)).toBe('DEVICE_BUSY');
  child.stdin.write('let go soon');
  // As long as a busy machine may take to end a process.
  expect(code(path, 30_000)).toBe('opened');
  await ended;
});

it('the identity has the facts of the kernel, the same with and without an exclusive open', () => {
  const loop = loops.loop({ sectorBytes: 4096 });
  const device = openDevice(loop.path);
  expect(device.identity).toEqual(identify(loop.path));
  expect(device.identity).toMatchObject({
    path: loop.path,
    kernelName: loop.path.slice('/dev/'.length),
    sizeBytes: DEFAULT_LOOP_BYTES,
    logicalBlockBytes: 4096,
    writeCache: 'write-back',
    readOnly: false,
    serial: null,
    wwn: null,
    backingFile: loop.file,
  });
  expect(device.identity.majorMinor).toMatch(/^7:\d+$/);
  device.close();
});

it('a name that moves to another device does not change what was opened', () => {
  const [a, b] = [loops.loop(), loops.loop()];
  const name = join(loops.folder, 'name');
  symlinkSync(a.path, name);
  const device = openDevice(name);
  unlinkSync(name);
  symlinkSync(b.path, name);
  expect(device.identity.backingFile).toBe(a.file);
  expect(identify(name).backingFile).toBe(b.file);
  device.close();
});

it('a missing device, a read-only device and what is no block device have different codes', () => {
  expect(code('/dev/disk/by-id/none')).toBe('DEVICE_MISSING');
  expect(code(loops.folder)).toBe('DEVICE_NOT_BLOCK');
  expect(code('/dev/null')).toBe('DEVICE_NOT_BLOCK');
  expect(code(loops.file(4096))).toBe('DEVICE_NOT_BLOCK');
  expect(code(loops.loop({ readOnly: true }).path)).toBe('DEVICE_READ_ONLY');
});
