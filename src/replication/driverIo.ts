/**
 * The I/Os of the driver: what each is for, which device it goes to, how many are in flight, and the update or copy
 * that a slot belongs to.
 */
import { AREA_NAMES } from '../base/areas.js';
import type { IoOp } from '../blockdev/blockDevice.js';
import { JOURNAL, PRIMARY, SECONDARY, type DeviceIndex } from '../tracker/core/devices.js';
import { slotIndex } from '../tracker/core/state.js';
import type { InFlight, IoKind } from './replicationEngine.js';

export const OP = { write: 1, copyRead: 2, copyWrite: 3, flush: 4, log: 5, page: 6 } as const;
export const OP_KINDS = 7;

/** Whether the meter counts it as a write. It counts copies by the bytes that they resynchronize. */
export function isCounted(kind: number): boolean {
  return kind === OP.write || kind === OP.log || kind === OP.page;
}

const NAMES: readonly (IoKind | null)[] = [null, 'write', 'copy-read', 'copy-write', 'flush', 'log', 'page'];

/**
 * An I/O before it goes to the ring. `a` and `b` depend on `kind`: write: slot, area; copyRead, copyWrite: slot of the
 * first copy, buffer; flush: device; log: commit; page: group, buffer.
 */
export interface DriverIo {
  kind: number;
  a: number;
  b: number;
  op: IoOp;
  device: DeviceIndex;
  offsetBytes: number;
  lengthBytes: number;
  arenaOffset: number;
}

export function kindName(kind: number): IoKind {
  return NAMES[kind]!;
}

/** The device that an I/O goes to. */
export function deviceOf(kind: number, a: number, b: number): DeviceIndex {
  if (kind === OP.write) return b as DeviceIndex;
  if (kind === OP.flush) return a as DeviceIndex;
  if (kind === OP.copyRead) return PRIMARY;
  return kind === OP.copyWrite ? SECONDARY : JOURNAL;
}

/** Counts the I/Os in flight by device and kind. */
export class IoCounts {
  private readonly counts = new Int32Array(OP_KINDS * AREA_NAMES.length);

  add(kind: number, device: DeviceIndex, n: 1 | -1): void {
    this.counts[device * OP_KINDS + kind] += n;
  }

  any(device: DeviceIndex): boolean {
    return this.counts.subarray(device * OP_KINDS, (device + 1) * OP_KINDS).some((n) => n > 0);
  }

  now(): InFlight {
    const found: InFlight = {};
    for (const device of [PRIMARY, SECONDARY, JOURNAL] as const) {
      for (let kind = 1; kind < OP_KINDS; kind++) {
        const n = this.counts[device * OP_KINDS + kind];
        if (n > 0) found[AREA_NAMES[device]] = { ...found[AREA_NAMES[device]], [kindName(kind)]: n };
      }
    }
    return found;
  }
}

/**
 * The update or copy of each slot: id and range. An effect of the core carries them once; the driver needs them again
 * at each completion.
 */
export class SlotTable {
  private readonly ids: Float64Array;
  private readonly offsets: Float64Array;
  private readonly lengths: Float64Array;

  /** `slots`: those of updates and of copies together. */
  constructor(slots: number) {
    this.ids = new Float64Array(slots);
    this.offsets = new Float64Array(slots);
    this.lengths = new Float64Array(slots);
  }

  set(slot: number, updateId: number, offsetBytes: number, lengthBytes: number): void {
    const i = slotIndex(slot);
    this.ids[i] = updateId;
    this.offsets[i] = offsetBytes;
    this.lengths[i] = lengthBytes;
  }

  updateId(slot: number): number {
    return this.ids[slotIndex(slot)];
  }

  /** Bytes from the start of the area. */
  offset(slot: number): number {
    return this.offsets[slotIndex(slot)];
  }

  /** Bytes. */
  length(slot: number): number {
    return this.lengths[slotIndex(slot)];
  }
}
