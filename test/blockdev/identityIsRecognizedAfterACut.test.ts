/** Promise: after a cut a device is recognized by the identity that it reports, under any name; no other device is. */
import { expect, it } from 'vitest';
import { identify } from '../../src/blockdev/openDevice.js';
import { identityDifferences, sameIdentity } from '../../src/blockdev/blockDevice.js';
import { command, useLoops } from './loop.js';

const loops = useLoops();

it('a loop device that comes back under another number is the same; one over another file is not', () => {
  const a = loops.loop();
  const before = identify(a.path);
  const again = identify(loops.loop({ over: a.file }).path);
  expect(again.majorMinor).not.toBe(before.majorMinor);
  expect(sameIdentity(before, again)).toBe(true);
  const other = identify(loops.loop().path);
  expect(identityDifferences(before, other)).toMatchObject([{ field: 'backingFile', before: a.file }]);
});

it('a changed size or block size means another device', () => {
  const a = loops.loop();
  const before = identify(a.path);
  command('truncate', '-s', '32M', a.file);
  command('losetup', '--set-capacity', a.path);
  expect(identityDifferences(before, identify(a.path)).map((d) => d.field)).toEqual(['sizeBytes']);
  expect(sameIdentity(before, { ...before, logicalBlockBytes: 4096 })).toBe(false);
});

it('a serial number that is missing or different means another device', () => {
  const before = { ...identify(loops.loop().path), backingFile: null, serial: 'S1' };
  expect(sameIdentity(before, { ...before, kernelName: 'sdz', majorMinor: '8:9', diskSequence: 99, path: '/x' })).toBe(
    true,
  );
  expect(identityDifferences(before, { ...before, serial: null })).toEqual([
    { field: 'serial', before: 'S1', after: 'unknown' },
  ]);
  expect(sameIdentity(before, { ...before, serial: 'S2' })).toBe(false);
});

it('a device without serial number, WWN and backing file is the same only while it stays attached', () => {
  const nameless = { ...identify(loops.loop().path), backingFile: null };
  expect(sameIdentity(nameless, { ...nameless })).toBe(true);
  expect(sameIdentity(nameless, { ...nameless, diskSequence: 1e6 })).toBe(false);
});
