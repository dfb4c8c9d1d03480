/**
 * Faults of the moment of the cut: a sector half written (`shorn`), noise (`garbage`), a neighbour hurt (`collateral`), a
 * range gone (`region-loss`). The first three need a write that is being settled; they strike at most `count` per cut.
 */
import { SECTOR_BYTES, type Medium, type VirtualDevice } from '../disk/device.js';
import type { Random } from '../random.js';
import type { FaultContext } from './context.js';
import { forward } from './flushFaults.js';
import { placeRange } from './place.js';
import type { FaultOf } from './spec.js';

type SettleFault = FaultOf<'shorn' | 'garbage' | 'collateral'>;

export function settleFault(inner: Medium, fault: SettleFault, context: FaultContext): Medium {
  const random = context.random(fault.class);
  let cut = -1;
  let left = 0;
  return {
    read: (offset, target, at, length) => inner.read(offset, target, at, length),
    zero: (offset, length, cause) => inner.zero(offset, length, cause),
    write: (offset, source, at, length, cause) => {
      if (cause === 'settle' && cut !== context.cutCount) {
        cut = context.cutCount;
        left = fault.count;
      }
      const strikes =
        cause === 'settle' && left > 0 && context.cutCount >= fault.afterCuts && random.chance(fault.probability);
      if (!strikes) return inner.write(offset, source, at, length, cause);
      left--;
      const sectorAt = random.below(length / SECTOR_BYTES) * SECTOR_BYTES;
      const struck: Struck = { inner, random, context, offset, source, at, length, sectorAt };
      context.record(fault.class, { ...DAMAGE[fault.class](struck) });
    },
  };
}

interface Struck {
  inner: Medium;
  random: Random;
  context: FaultContext;
  offset: number;
  source: Buffer;
  at: number;
  length: number;
  /** The sector chosen, from the write's start. */
  sectorAt: number;
}

type Hurt = { offset: number; length: number; newBytes?: number };

/** Each lays the write down with its damage and tells the sector that it hurt. */
const DAMAGE: Record<SettleFault['class'], (s: Struck) => Hurt> = {
  shorn: ({ inner, random, offset, source, at, length, sectorAt }) => {
    const old = Buffer.alloc(SECTOR_BYTES);
    inner.read(offset + sectorAt, old, 0, SECTOR_BYTES);
    inner.write(offset, source, at, length, 'settle');
    const newBytes = 1 + random.below(SECTOR_BYTES - 1);
    source.copy(old, 0, at + sectorAt, at + sectorAt + newBytes);
    inner.write(offset + sectorAt, old, 0, SECTOR_BYTES, 'settle');
    return { offset: offset + sectorAt, length: SECTOR_BYTES, newBytes };
  },
  garbage: ({ inner, random, offset, source, at, length, sectorAt }) => {
    inner.write(offset, source, at, length, 'settle');
    inner.write(offset + sectorAt, noise(random), 0, SECTOR_BYTES, 'settle');
    return { offset: offset + sectorAt, length: SECTOR_BYTES };
  },
  /** The neighbour behind the write, or before it at the end of the disk: nobody was writing there. */
  collateral: ({ inner, random, context, offset, source, at, length }) => {
    inner.write(offset, source, at, length, 'settle');
    const behind = offset + length < context.sizeBytes;
    const neighbour = behind ? offset + length : Math.max(0, offset - SECTOR_BYTES);
    inner.write(neighbour, noise(random), 0, SECTOR_BYTES, 'settle');
    return { offset: neighbour, length: SECTOR_BYTES };
  },
};

function noise(random: Random): Buffer {
  const bytes = Buffer.alloc(SECTOR_BYTES);
  for (let i = 0; i < SECTOR_BYTES; i += 4) bytes.writeUInt32LE(random.uint32(), i);
  return bytes;
}

/** A range reads as zeros after the cut number `afterCuts + 1`. */
export function regionLoss(
  inner: VirtualDevice,
  medium: Medium,
  fault: FaultOf<'region-loss'>,
  context: FaultContext,
): VirtualDevice {
  const { offset, length } = placeRange(fault, context);
  let done = false;
  return {
    ...forward(inner),
    powerLost: () => {
      inner.powerLost();
      if (done || context.cutCount < fault.afterCuts) return;
      done = true;
      medium.zero(offset, length, 'settle');
      context.record(fault.class, { offset, length });
    },
  };
}

/** `stuck-bits`: whatever is written to the range, these bits of each byte are set. */
export function stuckBits(inner: Medium, fault: FaultOf<'stuck-bits'>, context: FaultContext): Medium {
  const { offset, length } = placeRange(fault, context);
  return {
    read: (from, target, at, bytes) => inner.read(from, target, at, bytes),
    zero: (from, bytes, cause) => inner.zero(from, bytes, cause),
    write: (to, source, at, bytes, cause) => {
      const [from, end] = [Math.max(to, offset), Math.min(to + bytes, offset + length)];
      if (context.cutCount < fault.afterCuts || from >= end) return inner.write(to, source, at, bytes, cause);
      const stuck = Buffer.from(source.subarray(at, at + bytes));
      for (let i = from - to; i < end - to; i++) stuck[i] |= fault.mask;
      inner.write(to, stuck, 0, bytes, cause);
      context.record(fault.class, { offset: from, length: end - from, mask: fault.mask });
    },
  };
}
