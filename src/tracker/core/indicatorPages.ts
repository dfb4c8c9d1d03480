/**
 * The indicator area in memory: which regions await resync (`A[r]`, the durable bitmap's next content), and how far
 * that is durable (R9, R10; claims 12, 13).
 *
 * Regions are grouped; a group's page is kept in two copies that are never written at once, so a torn write always
 * leaves the other one whole. A change is durable when both copies carry it. Changes are numbered by one counter
 * (tickets); a group is durable up to the ticket that its older copy has seen.
 */
import { IndicatorMap } from './indicatorMap.js';

const IDLE = 255;

export class IndicatorPages {
  readonly awaiting: IndicatorMap;
  readonly regionsPerGroup: number;
  readonly groupCount: number;
  private ticket = 0;
  /** Per group: ticket of its latest change, and what each copy has durably. */
  private readonly wanted: Float64Array;
  /** Per group: what `load` found dirty there is durable from this ticket on. */
  private readonly loaded: Float64Array;
  /** Marks that are not durable: region → ticket; and the same per group, in order. A mark once durable stays so. */
  private readonly fresh = new Map<number, number>();
  private readonly freshOfGroup = new Map<number, { region: number; ticket: number }[]>();
  private readonly copies: [Float64Array, Float64Array];
  /** Copy that is being written, or IDLE; and the ticket it will carry. */
  private readonly writing: Uint8Array;
  private readonly writingTicket: Float64Array;
  /** Groups that have something to write, in order of their first change. */
  private readonly stale: number[] = [];
  private readonly listed: Uint8Array;
  /** Counts the pages that have become durable: who waits for one need look again only when it has changed. */
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
    this.listed = new Uint8Array(this.groupCount);
  }

  /** Groups with something to write or being written. */
  get pendingGroups(): number {
    return this.stale.length;
  }

  groupOf(region: number): number {
    return Math.floor(region / this.regionsPerGroup);
  }

  /** `A[r] = 1`; whether it was 0. `markDurable` tells when that is durable. */
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

  /** At recovery: the map is as given; of the groups named, nothing is taken as written. */
  load(dirty: IndicatorMap, groupsToWrite: Iterable<number>): void {
    this.awaiting.setAllOf(dirty);
    for (const g of groupsToWrite) {
      this.changed(g);
      this.loaded[g] = this.ticket;
    }
  }

  /** Whether the latest marking of the region has become durable, in both copies of its page. */
  markDurable(region: number): boolean {
    const g = this.groupOf(region);
    return !this.fresh.has(region) && Math.min(this.copies[0][g], this.copies[1][g]) >= this.loaded[g];
  }

  /** Whether `A[r]`, set now, is durable: the evidence of R2. */
  isEvidence(region: number): boolean {
    return this.awaiting.has(region) && this.markDurable(region);
  }

  /** The next page that should be written, or null. The page is taken as submitted: write it as it is now. */
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

  /** The page under way is durable. */
  written(group: number): void {
    const copy = this.writing[group] as 0 | 1;
    this.copies[copy][group] = this.writingTicket[group];
    this.writing[group] = IDLE;
    this.revision++;
    const durable = Math.min(this.copies[0][group], this.copies[1][group]);
    this.marksDurable(group, durable);
    if (durable >= this.wanted[group]) {
      this.listed[group] = 0;
      this.stale.splice(this.stale.indexOf(group), 1);
    }
  }

  private marksDurable(group: number, ticket: number): void {
    const inGroup = this.freshOfGroup.get(group);
    if (inGroup === undefined) return;
    let n = 0;
    for (; n < inGroup.length && inGroup[n].ticket <= ticket; n++) {
      // Cleared and marked again since: only the later marking counts.
      if (this.fresh.get(inGroup[n].region) === inGroup[n].ticket) this.fresh.delete(inGroup[n].region);
    }
    if (n === inGroup.length) this.freshOfGroup.delete(group);
    else inGroup.splice(0, n);
  }

  private changed(group: number): void {
    this.wanted[group] = ++this.ticket;
    if (this.listed[group] === 1) return;
    this.listed[group] = 1;
    this.stale.push(group);
  }
}
