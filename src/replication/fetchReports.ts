/** Before a round's completions are reported one by one: what the core will look at for them is fetched together. */
import type { Core } from '../tracker/core/core.js';
import type { IoRing } from '../blockdev/blockDevice.js';

/** Reports fetched together. */
const TOGETHER = 64;
/** Scratch, of no meaning between two calls. */
const slots = new Int32Array(TOGETHER);

/** Completions 0 … n-1 of the ring; those of `writeKind` are an update's, whose slot stands beside its tag. */
export function fetchReports(
  core: Core,
  io: IoRing,
  n: number,
  kindOf: Uint8Array,
  writeKind: number,
  slotOf: Int32Array,
): void {
  let count = 0;
  for (let i = 0; i < n; i++) {
    const tag = io.tag(i);
    if (kindOf[tag] !== writeKind) continue;
    slots[count++] = slotOf[tag];
    if (count < TOGETHER) continue;
    core.prefetch.reports(slots, count);
    count = 0;
  }
  core.prefetch.reports(slots, count);
}
