/** The driver's I/Os before they are handed to the ring: what each is for, and where it goes. */
import { AREA_NAMES } from '../base/areas.js';
import type { DeviceIndex } from '../tracker/core/devices.js';
import { JOURNAL, PRIMARY, SECONDARY } from '../tracker/core/devices.js';
import type { IoOp } from '../blockdev/blockDevice.js';
import type { InFlight, IoKind } from './replicationEngine.js';

export const OP = { write: 1, copyRead: 2, copyWrite: 3, flush: 4, log: 5, page: 6 } as const;
export const OP_KINDS = 7;

/** Writes that the meter counts; copies are counted by what they resynchronize. */
export function isCounted(kind: number): boolean {
  return kind === OP.write || kind === OP.log || kind === OP.page;
}

const NAMES: readonly (IoKind | null)[] = [null, 'write', 'copy-read', 'copy-write', 'flush', 'log', 'page'];

/**
 * `a` and `b` by kind: write: slot, area; copyRead, copyWrite: slot; flush: device; log: commit; page: group, buffer.
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

/** Where an I/O goes. */
export function deviceOf(kind: number, a: number, b: number): DeviceIndex {
  if (kind === OP.write) return b as DeviceIndex;
  if (kind === OP.flush) return a as DeviceIndex;
  if (kind === OP.copyRead) return PRIMARY;
  return kind === OP.copyWrite ? SECONDARY : JOURNAL;
}

/** How many I/Os of each kind each device has. */
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
