/** Faults of the flush: acknowledged and not done (`lying-flush`), or failed once and forgotten (`error-once`). */
import { EIO, type VirtualDevice } from '../disk/device.js';
import type { FaultContext } from './context.js';
import { Schedule } from './schedule.js';
import type { FaultOf } from './spec.js';

/** The data stays in the volatile cache, as if no flush had come. Recorded once per cut, when it begins to matter. */
export function lyingFlush(inner: VirtualDevice, fault: FaultOf<'lying-flush'>, context: FaultContext): VirtualDevice {
  const random = context.random(fault.class);
  let ignored = 0;
  return {
    ...forward(inner),
    flush: () => {
      if (context.cutCount < fault.afterCuts || !random.chance(fault.probability)) return inner.flush();
      ignored++;
      return 0;
    },
    powerLost: () => {
      if (ignored > 0) context.record(fault.class, { flushesIgnored: ignored });
      ignored = 0;
      inner.powerLost();
    },
  };
}

/**
 * EIO once; some of what the flush covered is gone, the rest is on the medium, and the next flush says all is well.
 * Only flushes that cover a write are counted: the loop driver sends some of its own.
 */
export function errorOnce(inner: VirtualDevice, fault: FaultOf<'error-once'>, context: FaultContext): VirtualDevice {
  const random = context.random(fault.class);
  const schedule = new Schedule({ first: fault.afterFlushes, every: fault.every, count: fault.count });
  let written = false;
  return {
    ...forward(inner),
    write: (offset, source, at, length) => {
      written = true;
      return inner.write(offset, source, at, length);
    },
    flush: () => {
      const covers = written;
      written = false;
      if (!covers || context.cutCount < fault.afterCuts || !schedule.due()) return inner.flush();
      schedule.struck();
      const writesLost = context.loseUnflushed(random, fault.lossProbability);
      context.record(fault.class, { writesLost });
      return -EIO;
    },
  };
}

/** All calls passed on; a wrapper overrides the ones it changes. */
export function forward(inner: VirtualDevice): VirtualDevice {
  return {
    read: (offset, target, at, length) => inner.read(offset, target, at, length),
    write: (offset, source, at, length) => inner.write(offset, source, at, length),
    discard: (offset, length) => inner.discard(offset, length),
    flush: () => inner.flush(),
    powerLost: () => inner.powerLost(),
    powerReturned: () => inner.powerReturned(),
  };
}
