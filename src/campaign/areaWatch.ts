/**
 * Reads areas past the replication engine: which answer now, which one fails first, and when all answer again. The
 * engine may have no I/O of its own on an area (a journal with nothing to log), so its reports alone are not enough.
 */
import { AREA_NAMES, type AreaName } from '../base/areas.js';
import type { TestBench } from './cycle/testBench.js';
import { delay } from '../base/clock.js';
import type { DeviceSign } from './cycle/cycleTypes.js';
import { within } from './within.js';

/** Between two reads of a watched area: shorter than the delay of any relay contact, and little load for the device. */
const WATCH_EVERY_MS = 2;

/** What one read of each area found. */
export interface Look {
  answering: AreaName[];
  /** The read neither succeeded nor failed in time. */
  unresponsive: AreaName[];
}

/**
 * Between two reads of a device whose power returns: a tenth of the time that it has taken so far, within these limits.
 * A device that returns at once is then not waited for, and one that spins up is not read more often than needed.
 */
const RETURN_EVERY_MS = { min: 2, max: 20 };
const RETURN_PART = 0.1;

export class AreaWatch {
  private readonly bench: Pick<TestBench, 'clock' | 'probe'>;
  private readonly onSign: (sign: DeviceSign) => void;
  /** Raised by `end`; a loop that was started under an older id stops without a report. */
  private watchId = 0;

  constructor(bench: Pick<TestBench, 'clock' | 'probe'>, onSign: (sign: DeviceSign) => void) {
    this.bench = bench;
    this.onSign = onSign;
  }

  /** Reads each area repeatedly until it fails or is unresponsive; `onSign` gets that once, and the area is done. */
  begin(areas: readonly AreaName[], unresponsiveAfterMs: number): void {
    const generation = this.watchId;
    for (const area of areas) void this.watchOne(area, unresponsiveAfterMs, generation);
  }

  /** Without `unresponsiveAfterMs` it waits as long as the reads take, and no area counts as unresponsive. */
  async look(areas: readonly AreaName[], unresponsiveAfterMs?: number): Promise<Look> {
    const signs = await Promise.all(areas.map((area) => this.bench.probe(area, unresponsiveAfterMs)));
    return {
      answering: areas.filter((_, i) => signs[i] === null),
      unresponsive: areas.filter((_, i) => signs[i]?.source === 'silent'),
    };
  }

  /**
   * Resolves when all areas answer in the same round of reads. `everyMs`: between two rounds; default: RETURN_EVERY_MS.
   * It has no deadline of its own; after `end` it never resolves.
   */
  async untilReadable(areas: readonly AreaName[], everyMs?: number): Promise<void> {
    const generation = ++this.watchId;
    const { clock } = this.bench;
    const sinceMs = clock.nowMs();
    for (;;) {
      if ((await this.look(areas)).answering.length === areas.length) return;
      await delay(clock, everyMs ?? pauseMs(clock.nowMs() - sinceMs));
      if (generation !== this.watchId) return new Promise<void>(() => undefined);
    }
  }

  end(): void {
    this.watchId += 1;
  }

  private async watchOne(area: AreaName, unresponsiveAfterMs: number, generation: number): Promise<void> {
    while (generation === this.watchId) {
      const sign = await this.bench.probe(area, unresponsiveAfterMs);
      if (generation !== this.watchId) return;
      if (sign !== null) return this.onSign(sign);
      await delay(this.bench.clock, WATCH_EVERY_MS);
    }
  }
}

function pauseMs(elapsedMs: number): number {
  return Math.min(RETURN_EVERY_MS.max, Math.max(RETURN_EVERY_MS.min, RETURN_PART * elapsedMs));
}

/** Resolves when every area answers. @throws CampaignError HARDWARE_FAILED after `limitMs` */
export async function untilReadable(bench: Pick<TestBench, 'probe' | 'clock'>, limitMs: number): Promise<void> {
  const watch = new AreaWatch(bench, () => undefined);
  try {
    await within(bench.clock, limitMs, 'waiting for the devices', watch.untilReadable(AREA_NAMES));
  } finally {
    watch.end();
  }
}
