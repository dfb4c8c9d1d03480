/**
 * Completed writes of one area that wait for a flush, in order of completion. A growing ring of typed arrays, so that a
 * long load allocates no objects. Positions count from the first write ever pushed and are never reused.
 */

const INITIAL_CAPACITY = 1024;

export class PendingWrites {
  private ids = new Float64Array(INITIAL_CAPACITY);
  private firstBlocks = new Float64Array(INITIAL_CAPACITY);
  private blockCounts = new Float64Array(INITIAL_CAPACITY);
  private headPosition = 0;
  private tailPosition = 0;

  /** The position of the next write: all writes completed so far lie before it. */
  get tail(): number {
    return this.tailPosition;
  }

  push(updateId: number, firstBlock: number, blockCount: number): void {
    if (this.tailPosition - this.headPosition === this.ids.length) this.grow();
    const slot = this.tailPosition % this.ids.length;
    this.ids[slot] = updateId;
    this.firstBlocks[slot] = firstBlock;
    this.blockCounts[slot] = blockCount;
    this.tailPosition++;
  }

  /** Removes the writes before `position`, oldest first; `at` is the position of the write. */
  takeUntil(
    position: number,
    take: (updateId: number, firstBlock: number, blockCount: number, at: number) => void,
  ): void {
    for (; this.headPosition < position; this.headPosition++) {
      const slot = this.headPosition % this.ids.length;
      take(this.ids[slot]!, this.firstBlocks[slot]!, this.blockCounts[slot]!, this.headPosition);
    }
  }

  /** Shows every pending write, oldest first. */
  forEach(show: (updateId: number, firstBlock: number, blockCount: number, at: number) => void): void {
    for (let at = this.headPosition; at < this.tailPosition; at++) {
      const slot = at % this.ids.length;
      show(this.ids[slot]!, this.firstBlocks[slot]!, this.blockCounts[slot]!, at);
    }
  }

  /** Removes all: no later flush makes them durable. */
  clear(): void {
    this.headPosition = this.tailPosition;
  }

  private grow(): void {
    const resize = (old: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(old.length * 2);
      for (let p = this.headPosition; p < this.tailPosition; p++) grown[p % grown.length] = old[p % old.length]!;
      return grown;
    };
    this.ids = resize(this.ids);
    this.firstBlocks = resize(this.firstBlocks);
    this.blockCounts = resize(this.blockCounts);
  }
}
