/**
 * Faults at a power cut: a sector partly written (`shorn`), noise in a sector (`garbage`), damage beside a write
 * (`collateral`), a lost range (`region-loss`). `shorn`, `garbage` and `collateral` strike unflushed writes that
 * survive the cut, at most `count` for each cut. `stuck-bits` is here too, because it wraps the medium: it damages
 * every write to its range.
 */
import { SECTOR_BYTES, type Medium, type VirtualDevice } from '../disk/device.js';
import type { Random } from '../random.js';
import { type FaultContext, placeRange } from './context.js';
import { forward } from './deviceFaults.js';
import type { FaultOf } from './spec.js';

type CutWriteFault = FaultOf<'shorn' | 'garbage' | 'collateral'>;

export function cutWriteFault(inner: Medium, fault: CutWriteFault, context: FaultContext): Medium {
  const random = context.random(fault.class);
  let cut = -1;
  let left = 0;
  return {
    read: (offset, target, at, length) => inner.read(offset, target, at, length),
    zero: (offset, length, cause) => inner.zero(offset, length, cause),
    write: (offset, source, at, length, cause) => {
      if (cause === 'cut' && cut !== context.cutCount) {
        cut = context.cutCount;
        left = fault.count;
      }
      const strikes =
        cause === 'cut' && left > 0 && context.cutCount >= fault.afterCuts && random.chance(fault.probability);
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
  /** Offset of the damaged sector from the start of the write. */
  sectorAt: number;
}

type Damage = { offset: number; length: number; newBytes?: number };

/** Each performs the write with its damage and returns the sector that it damaged. */
const DAMAGE: Record<CutWriteFault['class'], (s: Struck) => Damage> = {
  shorn: ({ inner, random, offset, source, at, length, sectorAt }) => {
    const old = Buffer.alloc(SECTOR_BYTES);
    inner.read(offset + sectorAt, old, 0, SECTOR_BYTES);
    inner.write(offset, source, at, length, 'cut');
    const newBytes = 1 + random.below(SECTOR_BYTES - 1);
    source.copy(old, 0, at + sectorAt, at + sectorAt + newBytes);
    inner.write(offset + sectorAt, old, 0, SECTOR_BYTES, 'cut');
    return { offset: offset + sectorAt, length: SECTOR_BYTES, newBytes };
  },
  garbage: ({ inner, random, offset, source, at, length, sectorAt }) => {
    inner.write(offset, source, at, length, 'cut');
    inner.write(offset + sectorAt, noise(random), 0, SECTOR_BYTES, 'cut');
    return { offset: offset + sectorAt, length: SECTOR_BYTES };
  },
  /** Damages the sector after the write; at the end of the disk, the one before it. */
  collateral: ({ inner, random, context, offset, source, at, length }) => {
    inner.write(offset, source, at, length, 'cut');
    const behind = offset + length < context.sizeBytes;
    const neighbor = behind ? offset + length : Math.max(0, offset - SECTOR_BYTES);
    inner.write(neighbor, noise(random), 0, SECTOR_BYTES, 'cut');
    return { offset: neighbor, length: SECTOR_BYTES };
  },
};

function noise(random: Random): Buffer {
  const bytes = Buffer.alloc(SECTOR_BYTES);
  for (let i = 0; i < SECTOR_BYTES; i += 4) bytes.writeUInt32LE(random.uint32(), i);
  return bytes;
}

/** A range reads as zeros after cut number `afterCuts + 1`. */
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
      medium.zero(offset, length, 'cut');
      context.record(fault.class, { offset, length });
    },
  };
}

/** `stuck-bits`: after `afterCuts` cuts, every write to the range sets the bits of `mask` in each byte. */
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
