/** Regions whose evidence is idle and stays for a while: the one idle for longest first. Arrays beside the region entries. */
import { IndexList, NIL } from './linkedList.js';
import type { RegionTable } from './regionTable.js';

/** `untilMs` of a region that does not linger. */
const NOT_LINGERING = -1;

export class Lingering {
  private readonly regions: RegionTable;
  private readonly list: IndexList;
  private readonly links: [Int32Array, Int32Array];
  private readonly untilMs: Float64Array;

  constructor(regions: RegionTable) {
    this.regions = regions;
    this.links = [new Int32Array(regions.capacity), new Int32Array(regions.capacity)];
    this.list = new IndexList(...this.links);
    this.untilMs = new Float64Array(regions.capacity).fill(NOT_LINGERING);
  }

  get length(): number {
    return this.list.length;
  }

  /** Entry of the region idle for longest, or NIL. */
  get oldest(): number {
    return this.entryOf(this.list.head);
  }

  /** The entry that became idle next after `e`, or NIL. */
  next(e: number): number {
    return this.entryOf(this.list.next(this.regions.ordinal(e)));
  }

  /** When the evidence of a lingering region may go. */
  deadlineMs(e: number): number {
    return this.untilMs[this.regions.ordinal(e)];
  }

  /** The region lingers until then; one that lingers already keeps its place. */
  add(e: number, untilMs: number): void {
    const i = this.regions.ordinal(e);
    if (this.untilMs[i] === NOT_LINGERING) this.list.append(i);
    this.untilMs[i] = untilMs;
  }

  remove(e: number): void {
    const i = this.regions.ordinal(e);
    if (this.untilMs[i] === NOT_LINGERING) return;
    this.untilMs[i] = NOT_LINGERING;
    this.list.remove(i);
  }

  private entryOf(ordinal: number): number {
    return ordinal === NIL ? NIL : this.regions.entryAt(ordinal);
  }
}
