/** The core's own tables, used for no more than a Map of Sets is: who is in flight on which region, and its indicator. */
import { NIL } from '../../core/linkedList.js';
import { CoreState } from '../../core/state.js';
import type { Contender } from './contender.js';
import { BATCH, measuredCore, type CoreSize } from './coreConfig.js';
import { Ready, type UpdateStream } from './stream.js';

export class SetsContender implements Contender {
  private readonly state: CoreState;
  private readonly stream: UpdateStream;
  private readonly ready: Ready;

  constructor(size: CoreSize, stream: UpdateStream) {
    const config = measuredCore(size);
    this.stream = stream;
    this.state = new CoreState(config);
    this.state.slots.firstNode.fill(NIL);
    this.ready = new Ready(stream, config.updateSlots);
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
    const { slots, regions, indicators } = this.state;
    const slot = slots.pool.take();
    slots.id[slot] = this.state.nextUpdateId++;
    const e = this.state.nodes.entry[this.state.addNode(slot, this.stream.nextRegion())];
    regions.unackedCount[e]++;
    indicators.set(regions.region[e]);
    this.ready.put(slot);
  }

  private acknowledge(): void {
    const { slots, nodes, regions, indicators } = this.state;
    const slot = this.ready.take();
    const n = slots.firstNode[slot];
    const e = nodes.entry[n];
    if (--regions.unackedCount[e] === 0) indicators.clear(regions.region[e]);
    slots.firstNode[slot] = NIL;
    this.state.removeNode(n);
    regions.releaseIfIdle(e);
    slots.pool.give(slot);
  }
}
