/** Marks the end of a list of indices, and "none" in every index field of the core. */
export const NIL = -1;

/** One doubly linked list over indices. Its links live in two arrays that are its owner's memory, not its own. */
export class IndexList {
  head = NIL;
  tail = NIL;
  length = 0;
  readonly #next: Int32Array;
  readonly #prev: Int32Array;

  constructor(next: Int32Array, prev: Int32Array) {
    this.#next = next;
    this.#prev = prev;
  }

  append(i: number): void {
    this.#prev[i] = this.tail;
    this.#next[i] = NIL;
    if (this.tail === NIL) this.head = i;
    else this.#next[this.tail] = i;
    this.tail = i;
    this.length++;
  }

  remove(i: number): void {
    const p = this.#prev[i];
    const n = this.#next[i];
    if (p === NIL) this.head = n;
    else this.#next[p] = n;
    if (n === NIL) this.tail = p;
    else this.#prev[n] = p;
    this.length--;
  }

  next(i: number): number {
    return this.#next[i];
  }
}
