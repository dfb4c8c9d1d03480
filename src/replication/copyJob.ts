/** Resync copies of neighboring regions, joined so that one I/O carries them. The core knows the single copies only. */
import type { SlotTable } from './driverIo.js';

/** One region in parts, or several regions in one part. */
export class CopyJob {
  /** Slots of its copies, in the order of their regions. */
  readonly slots: number[];
  /** Bytes from the start of the area. */
  readonly offset: number;
  length = 0;
  /** Bytes whose parts have a buffer or are over. */
  started = 0;
  /** Parts in flight. */
  reading = 0;
  writing = 0;
  primaryFailed = false;
  secondaryFailed = false;
  /** The core has the result of P, and of S. */
  primaryReported = false;
  secondaryReported = false;

  constructor(slot: number, offset: number, length: number) {
    this.slots = [slot];
    this.offset = offset;
    this.length = length;
  }

  get failed(): boolean {
    return this.primaryFailed || this.secondaryFailed;
  }

  get isStarted(): boolean {
    return this.started === this.length;
  }
}

/** Jobs of these copies, by offset. A job of several copies is at most `copyBytes` long. */
export function joined(copies: number[], slots: Pick<SlotTable, 'offset' | 'length'>, copyBytes: number): CopyJob[] {
  const jobs: CopyJob[] = [];
  copies.sort((a, b) => slots.offset(a) - slots.offset(b));
  for (const slot of copies) {
    const last = jobs.at(-1);
    const [offset, length] = [slots.offset(slot), slots.length(slot)];
    if (last !== undefined && last.offset + last.length === offset && last.length + length <= copyBytes) {
      last.slots.push(slot);
      last.length += length;
    } else jobs.push(new CopyJob(slot, offset, length));
  }
  return jobs;
}
