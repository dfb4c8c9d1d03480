/** What the driver was asked to write or copy, by slot: the core's effects carry it once, the completions need it again. */
import { slotIndex } from '../tracker/core/state.js';

export class Asked {
  private readonly ids: Float64Array;
  private readonly offsets: Float64Array;
  private readonly lengths: Float64Array;

  /** `slots`: the core's `updateSlots`. */
  constructor(slots: number) {
    this.ids = new Float64Array(slots);
    this.offsets = new Float64Array(slots);
    this.lengths = new Float64Array(slots);
  }

  note(slot: number, updateId: number, offsetBytes: number, lengthBytes: number): void {
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
