/**
 * Looks at areas from outside the engine, by reading: which answer now, the first that falls silent, and when all are
 * back. The engine may have no I/O of its own on an area (a journal with nothing to log), so its silence says nothing.
 */
import { AREA_NAMES, type AreaName } from '../base/areas.js';
import type { TestBench } from './cycle/testBench.js';
import { delay } from '../base/clock.js';
import type { DeviceSign } from './cycle/cycleTypes.js';
import { within } from './within.js';

/** Between two reads of an area that is watched: finer than any relay's contact, and little beside the load. */
const WATCH_EVERY_MS = 2;

/** What areas said when they were asked once. */
export interface Look {
  answering: AreaName[];
  /** Neither an answer nor an error. */
  unresponsive: AreaName[];
}

/** Between two looks for a device that is to come back. */
const RETURN_EVERY_MS = 20;

export class AreaWatch {
  private readonly bench: Pick<TestBench, 'clock' | 'probe'>;
  private readonly onSign: (sign: DeviceSign) => void;
  /** Raised by `end`; a loop of an older generation finishes silently. */
  private watchId = 0;

  constructor(bench: Pick<TestBench, 'clock' | 'probe'>, onSign: (sign: DeviceSign) => void) {
    this.bench = bench;
    this.onSign = onSign;
  }

  /** Each area is read again and again until it fails or falls silent once; that is told, and its watch is over. */
  begin(areas: readonly AreaName[], unresponsiveAfterMs: number): void {
    const generation = this.watchId;
    for (const area of areas) void this.watchOne(area, unresponsiveAfterMs, generation);
  }

  /** `unresponsiveAfterMs` left out: waits as long as it takes, and none is silent. */
  async look(areas: readonly AreaName[], unresponsiveAfterMs?: number): Promise<Look> {
    const signs = await Promise.all(areas.map((area) => this.bench.probe(area, unresponsiveAfterMs)));
    return {
      answering: areas.filter((_, i) => signs[i] === null),
      unresponsive: areas.filter((_, i) => signs[i]?.source === 'silent'),
    };
  }

  /** Resolves when all answer, in one and the same look. `everyMs`: between two looks. Has no deadline of its own: `end` ends it unresolved. */
  async untilReadable(areas: readonly AreaName[], everyMs: number = RETURN_EVERY_MS): Promise<void> {
    const generation = ++this.watchId;
    for (;;) {
      if ((await this.look(areas)).answering.length === areas.length) return;
      await delay(this.bench.clock, everyMs);
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

/** Resolves when every area answers. @throws CampaignError HARDWARE_FAILED after `limitMs` */
export async function untilReadable(bench: Pick<TestBench, 'probe' | 'clock'>, limitMs: number): Promise<void> {
  const watch = new AreaWatch(bench, () => undefined);
  try {
    await within(bench.clock, limitMs, 'waiting for the devices', watch.untilReadable(AREA_NAMES));
  } finally {
    watch.end();
  }
}
