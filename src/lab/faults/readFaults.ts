/** Faults seen when reading: sectors that can't be read, another sector's data, an older version; the last two once. */
import { EIO, SECTOR_BYTES, type VirtualDevice } from '../disk/device.js';
import type { FaultContext } from './context.js';
import { forward } from './flushFaults.js';
import { placeRange } from './place.js';
import { Schedule } from './schedule.js';
import type { FaultOf } from './spec.js';

/** EIO until the sector is written again, as a drive that remaps it then. */
export function latentError(
  inner: VirtualDevice,
  fault: FaultOf<'latent-error'>,
  context: FaultContext,
): VirtualDevice {
  const { offset, length } = placeRange(fault, context);
  const bad = new Set<number>();
  for (let at = offset; at < offset + length; at += SECTOR_BYTES) bad.add(at / SECTOR_BYTES);
  const firstBad = (from: number, bytes: number): number | null => {
    if (bad.size === 0 || from >= offset + length || from + bytes <= offset) return null;
    for (let s = from / SECTOR_BYTES; s < (from + bytes) / SECTOR_BYTES; s++) if (bad.has(s)) return s;
    return null;
  };
  return {
    ...forward(inner),
    read: (from, target, at, bytes) => {
      const sector = context.cutCount < fault.afterCuts ? null : firstBad(from, bytes);
      if (sector === null) return inner.read(from, target, at, bytes);
      context.record(fault.class, { offset: sector * SECTOR_BYTES, length: SECTOR_BYTES });
      return -EIO;
    },
    write: (to, source, at, bytes) => {
      if (context.cutCount >= fault.afterCuts && firstBad(to, bytes) !== null) {
        for (let s = to / SECTOR_BYTES; s < (to + bytes) / SECTOR_BYTES; s++) bad.delete(s);
      }
      return inner.write(to, source, at, bytes);
    },
  };
}

/** One read returns its neighbour's data; a second read is right. */
export function misdirectedRead(
  inner: VirtualDevice,
  fault: FaultOf<'misdirected-read'>,
  context: FaultContext,
): VirtualDevice {
  const schedule = new Schedule({ first: fault.afterReads, every: fault.every, count: fault.count });
  return {
    ...forward(inner),
    read: (offset, target, at, length) => {
      if (context.cutCount < fault.afterCuts || !schedule.due()) return inner.read(offset, target, at, length);
      const other = offset + 2 * length <= context.sizeBytes ? offset + length : offset - length;
      if (other < 0) return inner.read(offset, target, at, length);
      schedule.struck();
      context.record(fault.class, { offset, length, readFrom: other });
      return inner.read(other, target, at, length);
    },
  };
}

/** One write is seen in its old version by the first read that covers it; a second read is right. */
export function staleRead(inner: VirtualDevice, fault: FaultOf<'stale-read'>, context: FaultContext): VirtualDevice {
  const schedule = new Schedule({ first: fault.afterWrites, every: fault.every, count: fault.count });
  let old: { offset: number; bytes: Buffer } | null = null;
  return {
    ...forward(inner),
    write: (offset, source, at, length) => {
      if (context.cutCount >= fault.afterCuts && schedule.due() && old === null) {
        schedule.struck();
        old = { offset, bytes: Buffer.alloc(length) };
        inner.read(offset, old.bytes, 0, length);
      }
      return inner.write(offset, source, at, length);
    },
    read: (offset, target, at, length) => {
      const result = inner.read(offset, target, at, length);
      if (old === null || result !== 0) return result;
      const covered = offset <= old.offset && old.offset + old.bytes.length <= offset + length;
      if (!covered) return result;
      old.bytes.copy(target, at + old.offset - offset);
      context.record(fault.class, { offset: old.offset, length: old.bytes.length });
      old = null;
      return result;
    },
  };
}
