/**
 * What recovery knows of each transaction in the log, by number: an open-addressing hash, 9 bytes for each bucket. A
 * transaction of which nothing earlier can follow is removed, so few are kept at a time.
 */

/** Bits of a state; 0: the transaction is not in the table. */
export const TRANSACTION_COMPLETED = 1;
/** A record of the transaction follows its completion, or it has no completion. */
export const TRANSACTION_ACTIVE = 2;

const INITIAL_BUCKETS = 1024;

export class TransactionStates {
  private ids = new Float64Array(INITIAL_BUCKETS);
  private states = new Uint8Array(INITIAL_BUCKETS);
  private shift = 32 - Math.log2(INITIAL_BUCKETS);
  private used = 0;

  get size(): number {
    return this.used;
  }

  get(id: number): number {
    return this.states[this.find(id)]!;
  }

  /** `state` is not 0. */
  set(id: number, state: number): void {
    let at = this.find(id);
    if (this.states[at] === 0) {
      if (2 * (this.used + 1) > this.states.length) {
        this.grow();
        at = this.find(id);
      }
      this.used++;
      this.ids[at] = id;
    }
    this.states[at] = state;
  }

  remove(id: number): void {
    const { ids, states } = this;
    const mask = states.length - 1;
    let hole = this.find(id);
    if (states[hole] === 0) return;
    this.used--;
    // Entries behind the hole move into it, unless that would put them before the bucket where their search begins.
    for (let at = (hole + 1) & mask; states[at] !== 0; at = (at + 1) & mask) {
      const home = this.homeOf(ids[at]!);
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      ids[hole] = ids[at]!;
      states[hole] = states[at]!;
      hole = at;
    }
    states[hole] = 0;
  }

  /** Transactions whose state has the bit. */
  count(bit: number): number {
    return this.states.reduce((n, state) => n + ((state & bit) === 0 ? 0 : 1), 0);
  }

  private homeOf(id: number): number {
    return Math.imul(id | 0, 0x9e3779b1) >>> this.shift;
  }

  /** The bucket that has the transaction, or the empty one that it would get. */
  private find(id: number): number {
    const { ids, states } = this;
    const mask = states.length - 1;
    let at = this.homeOf(id);
    while (states[at] !== 0 && ids[at] !== id) at = (at + 1) & mask;
    return at;
  }

  private grow(): void {
    const { ids, states } = this;
    this.ids = new Float64Array(2 * ids.length);
    this.states = new Uint8Array(2 * states.length);
    this.shift--;
    states.forEach((state, from) => {
      if (state === 0) return;
      const at = this.find(ids[from]!);
      this.ids[at] = ids[from]!;
      this.states[at] = state;
    });
  }
}
