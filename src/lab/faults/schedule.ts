/** Counts events and says when a fault strikes. Pure. */

export interface ScheduleSpec {
  /** Strikes first at this event, 1-based. */
  first: number;
  /** Events between two strikes. */
  every: number;
  /** Strikes in all. */
  count: number;
}

export class Schedule {
  #next: number;
  #every: number;
  #left: number;
  #events = 0;

  constructor({ first, every, count }: ScheduleSpec) {
    this.#next = first;
    this.#every = every;
    this.#left = count;
  }

  /** Counts one event. True from the due event on, until `struck()` is called: an unsuitable event passes it on. */
  due(): boolean {
    this.#events++;
    return this.#left > 0 && this.#events >= this.#next;
  }

  struck(): void {
    this.#left--;
    this.#next = this.#events + this.#every;
  }

  get done(): boolean {
    return this.#left === 0;
  }
}
