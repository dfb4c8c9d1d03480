/** Promise: misuse throws at once and names itself; nothing after close touches freed memory or a stranger's descriptor. */
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

/** As `openDevice`, but without its patience with others. 0 or a negative errno. */
function claimAtOnce(path: string): number {
  const native = loadNative();
  const fd = native.pp_open(path, CONSTANTS.PP_OPEN_EXCLUSIVE);
  if (fd < 0) return fd;
  return native.pp_close(fd);
}

forEachVariant((variant) => {
  it('more than the depth', () => {
    const engine = variant.engine([variant.open(loops.loop().path)], { depth: 2 });
    engine.push(IO_OP.flush, 0, 1, 0, 0, 0);
    engine.push(IO_OP.flush, 0, 2, 0, 0, 0);
    expect(() => engine.push(IO_OP.flush, 0, 3, 0, 0, 0)).toThrow(RangeError);
    engine.submitAndReap(0, 0);
    drain(engine);
    engine.push(IO_OP.flush, 0, 3, 0, 0, 0);
    expect(drain(engine)).toMatchObject([{ tag: 3, result: 0 }]);
  });

  it('descriptors that lie outside anything', () => {
    const engine = variant.engine([variant.open(loops.loop().path)], { arenaBytes: 8192 });
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
    for (const descriptor of bad) expect(() => engine.push(...descriptor), String(descriptor)).toThrow(RangeError);
    expect(engine.inFlight).toBe(0);
    expect(engine.submitAndReap(1, 1e9)).toBe(0);
    expect(() => engine.tag(0)).toThrow(RangeError);
  });

  it('after close everything throws, close itself does not, and a view kept by somebody is harmless', () => {
    const device = variant.open(loops.loop().path);
    const engine = variant.engine([device]);
    const kept = engine.arena;
    kept.fill(7);
    engine.close();
    engine.close();
    expect(() => engine.push(IO_OP.flush, 0, 0, 0, 0, 0)).toThrow(CLOSED);
    expect(() => engine.submitAndReap(0, 0)).toThrow(CLOSED);
    expect(() => engine.arena).toThrow(CLOSED);
    kept[0] = 1;
    expect(kept[1]).toBe(0);
    device.close();
    device.close();
    expect(device.closed).toBe(true);
    expect(() => device.fd).toThrow(CLOSED);
    expect(device.identity.path).toMatch(/loop/);
  });

  it('a closed device is refused by the engine that has it; what was in flight is drained, and the claim given back', () => {
    const { path } = loops.loop();
    for (let round = 0; round < 10; round++) {
      const device = variant.open(path);
      const engine = variant.engine([device]);
      for (let i = 0; i < 16; i++) engine.push(IO_OP.writeDurable, 0, i, i * 65536, 65536, i * 65536);
      engine.submitAndReap(0, 0);
      device.close();
      expect(() => engine.push(IO_OP.flush, 0, 0, 0, 0, 0)).toThrow(engine.inFlight < 16 ? CLOSED : RangeError);
      expect(claimAtOnce(path)).toBe(-errno.EBUSY);
      engine.close();
      expect(claimAtOnce(path)).toBe(0);
    }
  });
});

it('sizes out of range', () => {
  const device = openDevice(loops.loop().path);
  const good = { depth: 1, arenaBytes: 4096, devices: [device] };
  for (const bad of [{ depth: 0 }, { depth: 4097 }, { depth: 1.5 }, { arenaBytes: 0 }, { devices: [] }])
    expect(() => createIoRing({ ...good, ...bad })).toThrow(RangeError);
  device.close();
  expect(() => createIoRing(good)).toThrow(CLOSED);
});
