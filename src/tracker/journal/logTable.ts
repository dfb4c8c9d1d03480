/**
 * The decision table of the log: what recovery makes of block s from what the two copies hold in its place. A copy is
 * `valid` (it has block s), `older` (it has a block of an earlier lap: block s was never written there, or that write was
 * lost), or `invalid` (corrupt, unreadable, misplaced, of another rig: it says nothing).
 *
 *   the copies hold                       | s in T … H               | s is the block behind H
 *   --------------------------------------+--------------------------+-------------------------------------------------
 *   valid    and anything                 | take it                  | take it: the log goes on
 *   older    and older                    | lost, unless it is empty | end: it was never durable
 *   older    and invalid                  | lost, unless it is empty | end: the older copy tells that it was never durable
 *   invalid  and invalid, s was empty     | pass: nothing is lost    | pass: nothing is lost
 *   invalid  and invalid, its unit torn   | lost                     | end: a commit that was under way, torn in both copies
 *   invalid  and invalid, else            | lost                     | lost: it may have been durable
 *
 *   any other place                       | costs nothing: no evidence is there, whatever its copies hold
 *
 * `T … H` is where evidence is: a valid block says that all up to D were durable, H is D and what follows it, and H's
 * tail is T. `lost`: which regions the block named can't be told, so every region is dirty (R12). `empty`: the block
 * before it in its unit is not full, so it held no record. `its unit torn`: a copy of some block of the unit is older, so
 * the commit that the unit belongs to was not durable in both copies, and no data was submitted on its word.
 *
 * Not promised: when the *newest* commit was lost by one copy although that copy reported it durable, and is damaged in
 * the other, what is left looks like a commit that was never made. Two faults of the device; the judge's comparison of P
 * and S finds what became of it.
 */
import type { Ring } from './logRing.js';

/** `take`: its records count. `pass`: it held none. `end`: the log ends before it. `lost`: everything is dirty. */
export type Decision = 'take' | 'pass' | 'end' | 'lost';

export class LogTable {
  protected readonly ring: Ring;

  constructor(ring: Ring) {
    this.ring = ring;
  }

  /** Block s of T … H. */
  needed(s: number): Exclude<Decision, 'end'> {
    if (this.ring.has(s)) return 'take';
    return this.ring.heldNoRecord(s) ? 'pass' : 'lost';
  }

  /** The block behind the last one that is there. */
  next(s: number): Decision {
    const { ring } = this;
    if (ring.has(s)) return 'take';
    if (ring.state(0, s) === 'older' || ring.state(1, s) === 'older') return 'end';
    if (ring.heldNoRecord(s)) return 'pass';
    return ring.unitWasNeverDurable(s) ? 'end' : 'lost';
  }
}
