/** The core's update sets and indicators alone: they do what a Map of Sets does, and keep each region's order besides. */
import * as layout from '../tracker/core/recordLayout.js';
import { UpdateSets } from '../tracker/core/updateSets.js';
import type { Contender } from './contender.js';
import type { CoreSize } from './coreConfig.js';
import * as coreConfig from './coreConfig.js';
import { Ready, type UpdateStream } from './stream.js';

// Constants of the file, as in src/tracker/core/recordLayout.ts.
const { NIL } = layout;
const { BATCH, UPDATE_IDS } = coreConfig;

export class SetsContender implements Contender {
  readonly sets: UpdateSets;
  private readonly stream: UpdateStream;
  private readonly ready: Ready;
  private nextId = 0;
  private readonly regions = new Uint32Array(BATCH);
  private readonly nodes = new Int32Array(BATCH);
  /** Has no meaning: V8 removes a load whose result is not used. */
  private prefetched = 0;

  constructor(size: CoreSize, stream: UpdateStream) {
    const capacity = size.inFlight + BATCH;
    this.stream = stream;
    this.sets = new UpdateSets(size.regionCount, capacity, capacity);
    this.ready = new Ready(stream, capacity);
    for (let i = 0; i < size.inFlight; i += BATCH) this.obtain(Math.min(BATCH, size.inFlight - i));
  }

  run(pairs: number): void {
    for (let left = pairs; left > 0; left -= BATCH) {
      const batch = Math.min(BATCH, left);
      this.obtain(batch);
      this.acknowledge(batch);
    }
  }

  private obtain(count: number): void {
    const { sets, regions } = this;
    for (let i = 0; i < count; i++) regions[i] = this.stream.nextRegion();
    this.prefetched ^= sets.prefetchRegions(regions, count);
    for (let i = 0; i < count; i++) {
      const n = sets.add(this.nextId, regions[i], NIL);
      this.nextId = (this.nextId + 1) % UPDATE_IDS;
      sets.obtain(sets.nodes.entryOf(n));
      this.ready.put(n);
    }
  }

  private acknowledge(count: number): void {
    const { sets, nodes, regions } = this;
    for (let i = 0; i < count; i++) nodes[i] = this.ready.take();
    for (let i = 0; i < count; i++) regions[i] = sets.regions.region[sets.nodes.entryOf(nodes[i])];
    this.prefetched ^= sets.prefetchRegions(regions, count);
    for (let i = 0; i < count; i++) {
      const n = nodes[i];
      const e = sets.nodes.entryOf(n);
      if (sets.retire(e)) sets.indicators.clear(sets.regions.region[e]);
      if (sets.remove(n, e)) sets.regions.release(e);
    }
  }
}
