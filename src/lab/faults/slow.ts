/** `slow`: reads, writes and flushes wait before they are done. The disk serves one request at a time meanwhile. */
import type { VirtualDevice } from '../disk/device.js';
import type { FaultContext } from './context.js';
import { forward } from './flushFaults.js';
import type { FaultOf } from './spec.js';

/** `pauseMs` must end early at a power cut. */
export function slow(
  inner: VirtualDevice,
  fault: FaultOf<'slow'>,
  context: FaultContext,
  pauseMs: (ms: number) => void,
): VirtualDevice {
  const random = context.random(fault.class);
  let recorded = false;
  const pause = (): void => {
    if (context.cutCount < fault.afterCuts || !random.chance(fault.probability)) return;
    if (!recorded) context.record(fault.class, { delayMs: fault.delayMs });
    recorded = true;
    pauseMs(fault.delayMs);
  };
  return {
    ...forward(inner),
    read: (offset, target, at, length) => {
      pause();
      return inner.read(offset, target, at, length);
    },
    write: (offset, source, at, length) => {
      pause();
      return inner.write(offset, source, at, length);
    },
    flush: () => {
      pause();
      return inner.flush();
    },
  };
}
