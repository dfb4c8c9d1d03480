/** The core's update sets and indicators alone, and the Map of Sets that they are compared with. */
import * as layout from '../tracker/core/recordLayout.js';
import * as coreConfig from './coreConfig.js';
import { UpdateSets } from '../tracker/core/updateSets.js';
import { type Contender, Ready, type UpdateStream } from './contender.js';
import type { CoreSize } from './coreConfig.js';

// Constants of the file, as in src/tracker/core/recordLayout.ts.
const { NIL } = layout;
const { BATCH, UPDATE_IDS } = coreConfig;

/** Does what a Map of Sets does, and also keeps the order of updates in each region. */
export class SetsContender implements Contender {
  readonly sets: UpdateSets;
  private readonly stream: UpdateStream;
  private readonly ready: Ready;
  private nextId = 0;

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
    const { sets } = this;
    for (let i = 0; i < count; i++) {
      const n = sets.add(this.nextId, this.stream.nextRegion(), NIL);
      this.nextId = (this.nextId + 1) % UPDATE_IDS;
      sets.obtain(sets.nodes.entryOf(n));
      this.ready.put(n);
    }
  }

  private acknowledge(count: number): void {
    const { sets } = this;
    for (let i = 0; i < count; i++) {
      const n = this.ready.take();
      const e = sets.nodes.entryOf(n);
      if (sets.retire(e)) sets.indicators.clear(sets.regions.region[e]);
      if (sets.remove(n, e)) sets.regions.release(e);
    }
  }
}

/** A Map of Sets. An acknowledgement names its update only, so a second Map has the update's region. */
export class PlainContender implements Contender {
  /** Region → its updates in flight. A region in this Map is dirty. */
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
