/**
 * Closing a ring whose devices may never answer. The kernel gives back neither memory nor device before they do, so it is
 * waited for; in slices, so that the thread can be ended meanwhile, and with a count that others can read.
 */
import { AREA_NAMES } from '../base/areas.js';
import type { IoRing } from '../blockdev/blockDevice.js';
import type { Control } from './worker/control.js';

/** Longer than that without an answer is worth telling. */
const SLICE_NS = 100e6;

export function letGo(io: IoRing, control: Control): void {
  while (io.discard(SLICE_NS) > 0)
    AREA_NAMES.forEach((_, device) => control.setUnanswered(device, io.unanswered(device)));
  AREA_NAMES.forEach((_, device) => control.setUnanswered(device, 0));
  io.close();
}
