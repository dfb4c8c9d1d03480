/** The core's update sets and indicators alone: they do what a Map of Sets does, and keep each region's order besides. */
import { NIL } from '../../core/linkedList.js';
import { UpdateSets } from '../../core/updateSets.js';
import type { Contender } from './contender.js';
import { BATCH, type CoreSize } from './coreConfig.js';
import { Ready, type UpdateStream } from './stream.js';

export class SetsContender implements Contender {
  private readonly sets: UpdateSets;
  private readonly stream: UpdateStream;
  private readonly ready: Ready;
  private nextId = 0;

  constructor(size: CoreSize, stream: UpdateStream) {
    const capacity = size.inFlight + BATCH;
    this.stream = stream;
    this.sets = new UpdateSets(size.regionCount, capacity, capacity);
    this.ready = new Ready(stream, capacity);
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
    const { sets } = this;
    const n = sets.add(this.nextId++ | 0, this.stream.nextRegion(), NIL);
    sets.obtain(n);
    this.ready.put(n);
  }

  private acknowledge(): void {
    const { sets } = this;
    const n = this.ready.take();
    if (sets.settle(n)) sets.indicators.clear(sets.regionOf(n));
    sets.remove(n);
  }
}
