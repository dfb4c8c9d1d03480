/**
 * The indicator area in memory: which regions await resync (`A[r]`, the next content of the durable bitmap), and which
 * of that is durable (R9, R10; claims 12, 13).
 *
 * Regions are grouped. The page of a group has two copies that are never written at the same time, so a torn write
 * always leaves the other copy intact. A change is durable when both copies carry it. One counter numbers the changes
 * (tickets); a group is durable up to the ticket of its older copy.
 */
import { IndicatorMap } from './indicatorMap.js';

const IDLE = 255;

export class IndicatorPages {
  readonly awaiting: IndicatorMap;
  readonly regionsPerGroup: number;
  readonly groupCount: number;
  private ticket = 0;
  /** Per group: ticket of its latest change. */
  private readonly wanted: Float64Array;
  /** Per group: the regions that `load` found dirty there are durable from this ticket on. */
  private readonly loaded: Float64Array;
  /** Marks that are not durable: region → ticket, and the same per group in order. A durable mark stays durable. */
  private readonly fresh = new Map<number, number>();
  private readonly freshOfGroup = new Map<number, { region: number; ticket: number }[]>();
  /** Per copy and group: the ticket that the copy carries durably. */
  private readonly copies: [Float64Array, Float64Array];
  /** Per group: the copy that is being written, or IDLE; and the ticket of that write. */
  private readonly writing: Uint8Array;
  private readonly writingTicket: Float64Array;
  /** Groups with a change that is not durable, in order of their first change. */
  private readonly stale = new Set<number>();
  /**
   * Number of page writes that have become durable. A waiter checks its marks again only when the number has changed.
   */
  revision = 0;

  constructor(regionCount: number, regionsPerGroup: number) {
    this.awaiting = new IndicatorMap(regionCount);
    this.regionsPerGroup = regionsPerGroup;
    this.groupCount = Math.ceil(regionCount / regionsPerGroup);
    this.wanted = new Float64Array(this.groupCount);
    this.loaded = new Float64Array(this.groupCount);
    this.copies = [new Float64Array(this.groupCount), new Float64Array(this.groupCount)];
    this.writing = new Uint8Array(this.groupCount).fill(IDLE);
    this.writingTicket = new Float64Array(this.groupCount);
  }

  /** Groups with a change that is not durable in both copies. */
  get pendingGroups(): number {
    return this.stale.size;
  }

  groupOf(region: number): number {
    return Math.floor(region / this.regionsPerGroup);
  }

  /** `A[r] = 1`; returns whether it was 0. `markDurable` says when the mark is durable. */
  mark(region: number): boolean {
    if (!this.awaiting.set(region)) return false;
    const group = this.groupOf(region);
    this.changed(group);
    this.fresh.set(region, this.ticket);
    const inGroup = this.freshOfGroup.get(group);
    const mark = { region, ticket: this.ticket };
    if (inGroup === undefined) this.freshOfGroup.set(group, [mark]);
    else inGroup.push(mark);
    return true;
  }

  /** `A[r] = 0`. */
  unmark(region: number): void {
    if (this.awaiting.clear(region)) this.changed(this.groupOf(region));
  }

  /**
   * At recovery: `dirty` awaits resync; the pages of `groupsToWrite` do not carry it yet. `takesOver`: the caller does
   * not use the map any more, and its memory is not copied.
   */
  load(dirty: IndicatorMap, groupsToWrite: Iterable<number>, takesOver = false): void {
    if (takesOver) this.awaiting.takeOver(dirty);
    else this.awaiting.setAllOf(dirty);
    for (const g of groupsToWrite) {
      this.changed(g);
      this.loaded[g] = this.ticket;
    }
  }

  /** Whether the latest mark of the region is durable in both copies of its page. */
  markDurable(region: number): boolean {
    const g = this.groupOf(region);
    return !this.fresh.has(region) && Math.min(this.copies[0][g], this.copies[1][g]) >= this.loaded[g];
  }

  /** Whether `A[r]` is 1 and durable: then it is evidence (R2). */
  isEvidence(region: number): boolean {
    return this.awaiting.has(region) && this.markDurable(region);
  }

  /** The next page to write, or null. From now on it counts as submitted with its present content. */
  nextWrite(): { group: number; copy: 0 | 1 } | null {
    for (const group of this.stale) {
      if (this.writing[group] !== IDLE) continue;
      const copy = this.copies[0][group] <= this.copies[1][group] ? 0 : 1;
      this.writing[group] = copy;
      this.writingTicket[group] = this.wanted[group];
      return { group, copy };
    }
    return null;
  }

  /** The page write in flight is durable. */
  written(group: number): void {
    const copy = this.writing[group] as 0 | 1;
    this.copies[copy][group] = this.writingTicket[group];
    this.writing[group] = IDLE;
    this.revision++;
    const durable = Math.min(this.copies[0][group], this.copies[1][group]);
    this.marksDurable(group, durable);
    if (durable >= this.wanted[group]) this.stale.delete(group);
  }

  private marksDurable(group: number, ticket: number): void {
    const inGroup = this.freshOfGroup.get(group);
    if (inGroup === undefined) return;
    let n = 0;
    for (; n < inGroup.length && inGroup[n].ticket <= ticket; n++) {
      // Cleared and marked again in the meantime: only the later mark counts.
      if (this.fresh.get(inGroup[n].region) === inGroup[n].ticket) this.fresh.delete(inGroup[n].region);
    }
    if (n === inGroup.length) this.freshOfGroup.delete(group);
    else inGroup.splice(0, n);
  }

  private changed(group: number): void {
    this.wanted[group] = ++this.ticket;
    this.stale.add(group);
  }
}
