/**
 * Decides whether a flush of an area pays now, or when more of the writes in flight have joined it, as group commit
 * does in databases. All rules hold with any answer; latency and the number of flushes depend on it.
 *
 * Each further write that completes before the flush costs the writes that wait one gap between two completions. A
 * write that misses the flush has to wait until it is over, and for another one. So waiting pays until as many writes
 * wait as complete during one flush: a device with a slow flush gets few large ones. A flush also takes time of the
 * device and of the host, so a share of the outstanding writes waits in any case.
 */
import type { StorageAreaIndex } from '../tracker/core/devices.js';

/**
 * Share of the outstanding writes that waits before a flush is submitted. Measured on loop devices with 32 outstanding:
 * with a quarter or a half, the flushes take more from the writes than the shorter wait gives.
 */
const WAITING_SHARE = 3 / 4;
/** Weight of the newest measurement in a moving average. */
const NEWEST = 1 / 32;
/** A longer gap is a pause of the application, not the speed of the device. */
const GAP_NS_MAX = 100e6;

export class FlushPacing {
  /** Moving averages of each area, in ns; 0: not measured yet. */
  private readonly flushNs = new Float64Array(2);
  private readonly gapNs = new Float64Array(2);
  private readonly lastNs = new Float64Array(2);

  /** An I/O of the area has ended: a flush, or a transfer that a flush covers. Times are CLOCK_MONOTONIC ns. */
  ended(area: StorageAreaIndex, isFlush: boolean, submittedNs: number, completedNs: number): void {
    if (isFlush) {
      this.average(this.flushNs, area, Math.max(0, completedNs - submittedNs));
      return;
    }
    const last = this.lastNs[area];
    this.lastNs[area] = completedNs;
    if (last > 0) this.average(this.gapNs, area, Math.min(GAP_NS_MAX, Math.max(0, completedNs - last)));
  }

  /** `uncovered`: writes that wait for a flush; `inFlight`: writes that could still join it. */
  pays(area: StorageAreaIndex, uncovered: number, inFlight: number): boolean {
    if (uncovered < WAITING_SHARE * (uncovered + inFlight)) return false;
    return uncovered * this.gapNs[area] >= this.flushNs[area];
  }

  private average(of: Float64Array, area: StorageAreaIndex, measured: number): void {
    of[area] = of[area] === 0 ? measured : of[area] + (measured - of[area]) * NEWEST;
  }
}
