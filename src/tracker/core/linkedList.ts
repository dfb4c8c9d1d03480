/** Lists of indices whose links lie in their owner's memory. */
import * as words from './words.js';
export { NIL } from './words.js';

// Constants of the file: see words.ts.
const { NIL } = words;

/**
 * One doubly linked list over indices. Its links are words of its owner's memory: those of `i` are `memory[i + next]` and
 * `memory[i + prev]`.
 */
export class IndexList {
  head = NIL;
  tail = NIL;
  length = 0;
  readonly #memory: Int32Array;
  readonly #next: number;
  readonly #prev: number;

  constructor(memory: Int32Array, next: number, prev: number) {
    this.#memory = memory;
    this.#next = next;
    this.#prev = prev;
  }

  append(i: number): void {
    const memory = this.#memory;
    const last = this.tail;
    memory[i + this.#prev] = last;
    memory[i + this.#next] = NIL;
    if (last === NIL) this.head = i;
    else memory[last + this.#next] = i;
    this.tail = i;
    this.length++;
  }

  remove(i: number): void {
    const memory = this.#memory;
    const p = memory[i + this.#prev];
    const n = memory[i + this.#next];
    if (p === NIL) this.head = n;
    else memory[p + this.#next] = n;
    if (n === NIL) this.tail = p;
    else memory[n + this.#prev] = p;
    this.length--;
  }

  next(i: number): number {
    return this.#memory[i + this.#next];
  }
}
