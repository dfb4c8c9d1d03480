/** Fixed indices 0 … capacity-1 handed out and taken back, without allocation. */
export class IndexPool {
  readonly capacity: number;
  private free: Int32Array;
  private freeTop: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.free = new Int32Array(capacity);
    this.freeTop = capacity;
    for (let i = 0; i < capacity; i++) this.free[i] = capacity - 1 - i;
  }

  get freeCount(): number {
    return this.freeTop;
  }

  get usedCount(): number {
    return this.capacity - this.freeTop;
  }

  /** An index that is free, or -1. */
  take(): number {
    return this.freeTop === 0 ? -1 : this.free[--this.freeTop];
  }

  give(index: number): void {
    this.free[this.freeTop++] = index;
  }

  clone(): IndexPool {
    const c = new IndexPool(this.capacity);
    c.free.set(this.free);
    c.freeTop = this.freeTop;
    return c;
  }
}
