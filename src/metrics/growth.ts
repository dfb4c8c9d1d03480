/**
 * Turns counters that begin at zero with each worker into growth. A value below the last one is a new worker's, all of
 * it new. Not seen: a new worker that has overtaken the old one's last value before its first sample (a tenth of a
 * second of work).
 */
export class Growth {
  private readonly last = new Map<string, number>();

  of(key: string, value: number): number {
    const before = this.last.get(key) ?? 0;
    this.last.set(key, value);
    return value >= before ? value - before : value;
  }
}
