/** Regions scattered over an area, and their content made different from what it was. */
import { randomFillSync } from 'node:crypto';
import { createPrng } from '../base/prng.js';
import { errnoName } from '../blockdev/errors.js';
import { createIoRing } from '../blockdev/ioRing.js';
import { IO_OP, type OpenDevice } from '../blockdev/blockDevice.js';
import { CampaignError } from '../campaign/errors.js';

/** Regions of an area of `regionCount`: one at a random place in each of `count` equal parts. Ascending. */
export function scatteredRegions(regionCount: number, count: number, seed: number): Uint32Array {
  const prng = createPrng(seed);
  const regions = new Uint32Array(Math.max(1, Math.min(count, regionCount)));
  for (let i = 0; i < regions.length; i++) {
    const from = Math.floor((i * regionCount) / regions.length);
    const to = Math.floor(((i + 1) * regionCount) / regions.length);
    regions[i] = from + prng.nextBelow(to - from);
  }
  return regions;
}

const DEPTH = 8;
const WRITE_BYTES_MAX = 2 ** 20;
/** A device without a completion for this time has failed. */
const UNRESPONSIVE_NS = 30e9;

/** Writes random data to all bytes of the regions, without a flush. @throws CampaignError HARDWARE_FAILED */
export function overwriteRegions(device: OpenDevice, regions: Uint32Array, regionBytes: number): void {
  const length = Math.min(regionBytes, WRITE_BYTES_MAX);
  const ring = createIoRing({ depth: DEPTH, arenaBytes: length, devices: [device] });
  try {
    randomFillSync(ring.arena);
    for (const region of regions) {
      for (let at = 0; at < regionBytes; at += length) {
        if (ring.inFlight === DEPTH) reap(ring.submitAndReap(1, UNRESPONSIVE_NS), (i) => ring.result(i));
        ring.push(IO_OP.write, 0, 0, region * regionBytes + at, length, 0);
      }
    }
    while (ring.inFlight > 0) reap(ring.submitAndReap(1, UNRESPONSIVE_NS), (i) => ring.result(i));
  } finally {
    ring.close();
  }
}

function reap(taken: number, result: (i: number) => number): void {
  if (taken === 0)
    throw new CampaignError('HARDWARE_FAILED', `no write completed in ${UNRESPONSIVE_NS / 1e9} s; see \`dmesg\``);
  for (let i = 0; i < taken; i++)
    if (result(i) < 0)
      throw new CampaignError('HARDWARE_FAILED', `a write failed with ${errnoName(result(i))}; see \`dmesg\``);
}
