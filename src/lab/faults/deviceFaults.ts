/**
 * Faults above the cache: flushes that are acknowledged and not done (`lying-flush`) or fail once (`error-once`), reads
 * that fail (`latent-error`) or return other data (`misdirected-read`, `stale-read`), and late answers (`slow`).
 */
import { EIO, type VirtualDevice, SECTOR_BYTES } from '../disk/device.js';
import { type FaultContext, Schedule, placeRange } from './context.js';
import type { FaultOf } from './spec.js';

/** The data stays in the volatile cache. Recorded once per cut, because only a cut makes it visible. */
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
 * EIO once; some of the covered writes are lost, the others durable, and the next flush succeeds. Counts only flushes
 * that cover a write, because the loop driver sends flushes of its own.
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

/** Passes all calls on; a wrapper overrides some of them. */
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

/** EIO until the sector is written again, when a drive remaps it. */
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

/** One read returns the data of the next place; a second read is correct. */
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

/** The first read that covers one write returns the data before that write; a second read is correct. */
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

/**
 * `slow`: reads, writes and flushes wait first. The disk serves one request at a time, so others wait behind.
 * `pauseMs` must end early at a power cut.
 */
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
