/** Promise: misuse throws at once; after close no call touches freed memory or a descriptor that has a new owner. */
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { createIoRing } from '../../src/blockdev/ioRing.js';
import { loadNative } from '../../src/blockdev/ffi/loadNative.js';
import { openDevice } from '../../src/blockdev/openDevice.js';
import { IO_OP, type IoOp } from '../../src/blockdev/blockDevice.js';
import { CONSTANTS } from '../../src/blockdev/ffi/signatures.js';
import { useLoops } from './loop.js';
import { drain, forEachVariant } from './variants.js';

const { errno } = constants;
const loops = useLoops();
const CLOSED = expect.objectContaining({ name: 'DeviceError', code: 'DEVICE_CLOSED' });

/** An exclusive open that does not retry EBUSY. 0 or a negative errno. */
function openAtOnce(path: string): number {
  const native = loadNative();
  const fd = native.pp_open(path, CONSTANTS.PP_OPEN_EXCLUSIVE);
  if (fd < 0) return fd;
  return native.pp_close(fd);
}

forEachVariant((variant) => {
  it('a descriptor more than the depth is refused', () => {
    const ring = variant.ring([variant.open(loops.loop().path)], { depth: 2 });
    ring.push(IO_OP.flush, 0, 1, 0, 0, 0);
    ring.push(IO_OP.flush, 0, 2, 0, 0, 0);
    expect(() => ring.push(IO_OP.flush, 0, 3, 0, 0, 0)).toThrow(RangeError);
    ring.submitAndReap(0, 0);
    drain(ring);
    ring.push(IO_OP.flush, 0, 3, 0, 0, 0);
    expect(drain(ring)).toMatchObject([{ tag: 3, result: 0 }]);
  });

  it('a descriptor with a value out of range is refused', () => {
    const ring = variant.ring([variant.open(loops.loop().path)], { arenaBytes: 8192 });
    const bad: [IoOp, number, number, number, number, number][] = [
      [IO_OP.read, 1, 0, 0, 512, 0],
      [IO_OP.read, -1, 0, 0, 512, 0],
      [IO_OP.read, 0, 2 ** 32, 0, 512, 0],
      [IO_OP.read, 0, -1, 0, 512, 0],
      [IO_OP.read, 0, 0, -512, 512, 0],
      [IO_OP.read, 0, 0, 0.5, 512, 0],
      [IO_OP.read, 0, 0, 2 ** 53, 512, 0],
      [IO_OP.read, 0, 0, 0, 0, 0],
      [IO_OP.write, 0, 0, 0, 8192, 1],
      [IO_OP.write, 0, 0, 0, 512, -1],
      [IO_OP.write, 0, 0, 0, NaN, 0],
      [IO_OP.discard, 0, 0, 0, 0, 0],
      [9 as IoOp, 0, 0, 0, 512, 0],
    ];
    for (const descriptor of bad) expect(() => ring.push(...descriptor), String(descriptor)).toThrow(RangeError);
    expect(ring.inFlight).toBe(0);
    expect(ring.submitAndReap(1, 1e9)).toBe(0);
    expect(() => ring.tag(0)).toThrow(RangeError);
  });

  it('after close every call but close throws, and a view that the caller kept is harmless', () => {
    const device = variant.open(loops.loop().path);
    const ring = variant.ring([device]);
    const kept = ring.arena;
    kept.fill(7);
    ring.close();
    ring.close();
    expect(() => ring.push(IO_OP.flush, 0, 0, 0, 0, 0)).toThrow(CLOSED);
    expect(() => ring.submitAndReap(0, 0)).toThrow(CLOSED);
    expect(() => ring.arena).toThrow(CLOSED);
    kept[0] = 1;
    expect(kept[1]).toBe(0);
    device.close();
    device.close();
    expect(device.closed).toBe(true);
    expect(() => device.fd).toThrow(CLOSED);
    expect(device.identity.path).toMatch(/loop/);
  });

  it('the ring refuses a closed device; close drains what is in flight and then ends the exclusive open', () => {
    const { path } = loops.loop();
    for (let round = 0; round < 10; round++) {
      const device = variant.open(path);
      const ring = variant.ring([device]);
      for (let i = 0; i < 16; i++) ring.push(IO_OP.writeDurable, 0, i, i * 65536, 65536, i * 65536);
      ring.submitAndReap(0, 0);
      device.close();
      expect(() => ring.push(IO_OP.flush, 0, 0, 0, 0, 0)).toThrow(ring.inFlight < 16 ? CLOSED : RangeError);
      expect(openAtOnce(path)).toBe(-errno.EBUSY);
      ring.close();
      expect(openAtOnce(path)).toBe(0);
    }
  });
});

it('sizes out of range are refused', () => {
  const device = openDevice(loops.loop().path);
  const good = { depth: 1, arenaBytes: 4096, devices: [device] };
  for (const bad of [{ depth: 0 }, { depth: 4097 }, { depth: 1.5 }, { arenaBytes: 0 }, { devices: [] }])
    expect(() => createIoRing({ ...good, ...bad })).toThrow(RangeError);
  device.close();
  expect(() => createIoRing(good)).toThrow(CLOSED);
});
