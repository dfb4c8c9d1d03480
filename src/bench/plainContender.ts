/**
 * What one would write first: a Map of Sets. An acknowledgement names its update and nothing else, so a second Map tells
 * the update's region.
 */
import type { Contender } from './contender.js';
import type { CoreSize } from './coreConfig.js';
import * as coreConfig from './coreConfig.js';
import { Ready, type UpdateStream } from './stream.js';

// Constants of the file, as in src/tracker/core/recordLayout.ts.
const { BATCH, UPDATE_IDS } = coreConfig;

export class PlainContender implements Contender {
  /** Region → updates in flight to it: a region in here is dirty. */
  private readonly sets = new Map<number, Set<number>>();
  /** Update → its region. */
  private readonly regions = new Map<number, number>();
  private readonly stream: UpdateStream;
  private readonly ready: Ready;
  private nextId = 0;

  constructor(size: CoreSize, stream: UpdateStream) {
    this.stream = stream;
    this.ready = new Ready(stream, size.inFlight + BATCH);
    for (let i = 0; i < size.inFlight; i++) this.obtain();
  }

  run(pairs: number): void {
    for (let left = pairs; left > 0; left -= BATCH) {
      const batch = Math.min(BATCH, left);
      for (let i = 0; i < batch; i++) this.obtain();
      for (let i = 0; i < batch; i++) this.acknowledge();
    }
  }

  private obtain(): void {
    const region = this.stream.nextRegion();
    const id = this.nextId;
    this.nextId = (id + 1) % UPDATE_IDS;
    this.regions.set(id, region);
    const set = this.sets.get(region);
    if (set === undefined) this.sets.set(region, new Set([id]));
    else set.add(id);
    this.ready.put(id);
  }

  private acknowledge(): void {
    const id = this.ready.take();
    const region = this.regions.get(id)!;
    this.regions.delete(id);
    const set = this.sets.get(region)!;
    set.delete(id);
    if (set.size === 0) this.sets.delete(region);
  }
}
