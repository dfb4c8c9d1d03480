/** A set of 53-bit hashes in flat memory: open addressing, no object per element. */
const EMPTY = -1;

export class StateSet {
  private table: Float64Array<ArrayBuffer>;
  private mask: number;
  size = 0;

  constructor(capacityLog2 = 16) {
    this.table = new Float64Array(2 ** capacityLog2).fill(EMPTY);
    this.mask = this.table.length - 1;
  }

  /** Whether it was not in yet. */
  add(hash: number): boolean {
    if (this.size * 2 > this.mask) this.grow();
    const at = this.find(hash);
    if (this.table[at] === hash) return false;
    this.table[at] = hash;
    this.size++;
    return true;
  }

  has(hash: number): boolean {
    return this.table[this.find(hash)] === hash;
  }

  /** All elements, in no order. */
  *values(): Generator<number> {
    for (const h of this.table) if (h !== EMPTY) yield h;
  }

  /** The flat table, to hand to another thread; `StateSet.values` of it: all that is not -1. */
  get raw(): Float64Array<ArrayBuffer> {
    return this.table;
  }

  private find(hash: number): number {
    // The low word of the hash is well mixed; the table never gets fuller than half.
    let at = (hash >>> 0) & this.mask;
    while (this.table[at] !== EMPTY && this.table[at] !== hash) at = (at + 1) & this.mask;
    return at;
  }

  private grow(): void {
    const old = this.table;
    this.table = new Float64Array(old.length * 2).fill(EMPTY);
    this.mask = this.table.length - 1;
    for (const h of old) if (h !== EMPTY) this.table[this.find(h)] = h;
  }
}
