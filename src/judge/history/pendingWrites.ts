/**
 * Writes of one area that have completed and wait for a flush, in order of completion: a growing ring of typed arrays,
 * so that a long load allocates nothing. Positions count from the first write ever pushed and are never reused.
 */
const INITIAL_CAPACITY = 1024;

export class PendingWrites {
  private ids = new Float64Array(INITIAL_CAPACITY);
  private firstBlocks = new Float64Array(INITIAL_CAPACITY);
  private blockCounts = new Float64Array(INITIAL_CAPACITY);
  private headPosition = 0;
  private tailPosition = 0;

  /** Position the next write will get: everything completed until now lies before it. */
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

  /** Takes every write before `position`, oldest first; `at` is its own position. */
  takeUntil(
    position: number,
    take: (updateId: number, firstBlock: number, blockCount: number, at: number) => void,
  ): void {
    for (; this.headPosition < position; this.headPosition++) {
      const slot = this.headPosition % this.ids.length;
      take(this.ids[slot]!, this.firstBlocks[slot]!, this.blockCounts[slot]!, this.headPosition);
    }
  }

  /** Shows every write that waits, oldest first. */
  forEach(show: (updateId: number, firstBlock: number, blockCount: number, at: number) => void): void {
    for (let at = this.headPosition; at < this.tailPosition; at++) {
      const slot = at % this.ids.length;
      show(this.ids[slot]!, this.firstBlocks[slot]!, this.blockCounts[slot]!, at);
    }
  }

  /** Forgets all of them: no later flush can promise anything about them. */
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
