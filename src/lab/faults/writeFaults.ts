/**
 * Faults of a single write that a flush makes durable: lost, torn, with flipped bits, at another address. They lie
 * between cache and medium. Writes that survive a cut unflushed are not struck: the kill model decides about those.
 */
import { SECTOR_BYTES, type Medium } from '../disk/device.js';
import { keepSomeSectors } from '../disk/killModel.js';
import type { Random } from '../random.js';
import { type FaultContext, Schedule } from './context.js';
import type { FaultOf } from './spec.js';

export type WriteFault = FaultOf<'lost-write' | 'torn-durable' | 'bit-corruption' | 'misdirected-write'>;

interface Struck {
  inner: Medium;
  random: Random;
  sizeBytes: number;
  offset: number;
  source: Buffer;
  at: number;
  length: number;
}

/** Performs the damaged write and returns what to record; null: the write does not suit, the next one is tried. */
type Strike = (s: Struck) => Record<string, unknown> | null;

export function writeFault(inner: Medium, fault: WriteFault, context: FaultContext): Medium {
  const random = context.random(fault.class);
  const schedule = new Schedule({ first: fault.afterWrites, every: fault.every, count: fault.count });
  const strike = strikeOf(fault);
  let writeNumber = 0;
  return {
    read: (offset, target, at, length) => inner.read(offset, target, at, length),
    zero: (offset, length, cause) => inner.zero(offset, length, cause),
    write: (offset, source, at, length, cause) => {
      if (cause === 'flush') {
        writeNumber++;
        if (context.cutCount >= fault.afterCuts && schedule.due()) {
          const details = strike({ inner, random, sizeBytes: context.sizeBytes, offset, source, at, length });
          if (details !== null) {
            schedule.struck();
            context.record(fault.class, { offset, length, writeNumber, ...details });
            return;
          }
        }
      }
      inner.write(offset, source, at, length, cause);
    },
  };
}

function strikeOf(fault: WriteFault): Strike {
  switch (fault.class) {
    case 'lost-write':
      return () => ({});
    case 'torn-durable':
      return tear;
    case 'bit-corruption':
      return (s) => flipBits(s, fault.bits);
    case 'misdirected-write':
      return misdirect;
  }
}

/** Some sectors new, some old; never all new or all old. */
function tear({ inner, random, offset, source, at, length }: Struck): Record<string, unknown> | null {
  if (length < 2 * SECTOR_BYTES) return null;
  let kept = 0;
  const pieces: [number, number][] = [];
  while (kept === 0 || kept === length) {
    kept = 0;
    pieces.length = 0;
    keepSomeSectors(random, length, (start, bytes) => {
      pieces.push([start, bytes]);
      kept += bytes;
    });
  }
  for (const [start, bytes] of pieces) inner.write(offset + start, source, at + start, bytes, 'flush');
  return { keptBytes: kept };
}

/** All flips in one sector, so that one sector's CRC fails. */
function flipBits({ inner, random, offset, source, at, length }: Struck, bits: number): Record<string, unknown> {
  const sector = random.below(length / SECTOR_BYTES) * SECTOR_BYTES;
  const damaged = Buffer.from(source.subarray(at, at + length));
  for (let i = 0; i < bits; i++) damaged[sector + random.below(SECTOR_BYTES)] ^= 1 << random.below(8);
  inner.write(offset, damaged, 0, length, 'flush');
  return { sectorOffset: offset + sector, bits };
}

/** The target keeps its old data, and another place, at least one write's length away, gets the new data. */
function misdirect({ inner, random, sizeBytes, offset, source, at, length }: Struck): Record<string, unknown> | null {
  const places = Math.floor(sizeBytes / length);
  if (places < 3) return null;
  let to = offset;
  while (Math.abs(to - offset) < length) to = random.below(places) * length;
  inner.write(to, source, at, length, 'flush');
  return { writtenTo: to };
}
