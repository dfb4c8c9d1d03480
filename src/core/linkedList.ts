/** Marks the end of a list of indices, and "none" in every index field of the core. */
export const NIL = -1;

/** One doubly linked list over indices whose links live in two shared arrays. */
export class IndexList {
  head = NIL;
  tail = NIL;
  length = 0;
  private nextOf: Int32Array;
  private prevOf: Int32Array;

  constructor(next: Int32Array, prev: Int32Array) {
    this.nextOf = next;
    this.prevOf = prev;
  }

  append(i: number): void {
    this.prevOf[i] = this.tail;
    this.nextOf[i] = NIL;
    if (this.tail === NIL) this.head = i;
    else this.nextOf[this.tail] = i;
    this.tail = i;
    this.length++;
  }

  remove(i: number): void {
    const p = this.prevOf[i];
    const n = this.nextOf[i];
    if (p === NIL) this.head = n;
    else this.nextOf[p] = n;
    if (n === NIL) this.tail = p;
    else this.prevOf[n] = p;
    this.length--;
  }

  next(i: number): number {
    return this.nextOf[i];
  }
}
