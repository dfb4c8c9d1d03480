/** What one would write first: a Map of Sets. */
import type { Contender } from './contender.js';
import { BATCH, type CoreSize } from './coreConfig.js';
import { Ready, type UpdateStream } from './stream.js';

/** Update ids and regions share a number: a real engine would look the region up, at a cost that is spared here. */
const REGIONS_MAX = 2 ** 30;

export class PlainContender implements Contender {
  private readonly sets = new Map<number, Set<number>>();
  private readonly stream: UpdateStream;
  private readonly ready: Ready;
  private nextId = 1;

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
    // 23 bits of id are left; over the updates in flight they do not repeat.
    const id = this.nextId++ % 2 ** 23;
    const set = this.sets.get(region);
    if (set === undefined) this.sets.set(region, new Set([id]));
    else set.add(id);
    this.ready.put(id * REGIONS_MAX + region);
  }

  private acknowledge(): void {
    const both = this.ready.take();
    const id = Math.floor(both / REGIONS_MAX);
    const region = both - id * REGIONS_MAX;
    const set = this.sets.get(region)!;
    set.delete(id);
    if (set.size === 0) this.sets.delete(region);
  }
}
