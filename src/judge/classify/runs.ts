/**
 * What can only be told of a write as a whole: blocks next to each other (in one chunk) that owe the same update are
 * what is left to see of one write. Is it there, in part, or not at all?
 */
import { BLOCK_MARK } from '../history/areaHistory.js';
import { isInFlight, type BlockOwed } from './sector.js';
import type { AreaTally, Finding } from './tally.js';

/** Follows the newest write of each block: what was in flight and may legally be missing. */
export class InFlightRun {
  private readonly tally: AreaTally;
  private updateId = -1;
  private present = false;
  private olderSectors = 0;

  constructor(tally: AreaTally) {
    this.tally = tally;
  }

  block(owed: BlockOwed): void {
    const updateId = isInFlight(owed) ? owed.issued : -1;
    if (updateId === this.updateId) return;
    this.end();
    this.updateId = updateId;
  }

  /** A legal sector of the block. */
  sector(heldId: number): void {
    if (heldId === this.updateId) this.present = true;
    else this.olderSectors++;
  }

  end(): void {
    if (this.present) {
      this.tally.addSurvivorInFlight(this.updateId);
      this.tally.addLegal('torn-inflight', this.olderSectors);
    } else if (this.olderSectors > 0) this.tally.addLostInFlight(this.updateId, this.olderSectors);
    this.present = false;
    this.olderSectors = 0;
  }
}

/** Follows the newest durable write of each block: what must be there. */
export class DurableRun {
  private readonly tally: AreaTally;
  private updateId = -1;
  private present = false;
  private lost: { finding: Finding; age: number; marks: number }[] = [];

  constructor(tally: AreaTally) {
    this.tally = tally;
  }

  block(owed: BlockOwed): void {
    if (owed.durable === this.updateId) return;
    this.end();
    this.updateId = owed.durable;
  }

  /** A sector of the block holds the durable update itself. */
  found(): void {
    this.present = true;
  }

  /** A sector of the block holds an older one. `age`: updates issued since the durable one. */
  lostSector(finding: Finding, age: number, marks: number): void {
    this.lost.push({ finding, age, marks });
  }

  end(): void {
    for (const { finding, age, marks } of this.lost) {
      if (this.present) this.tally.addFault('torn-durable', finding);
      // Nobody wrote here since the last judgement: no flush of this load vouched for it.
      else if ((marks & BLOCK_MARK.touched) === 0) this.tally.addFault('lost-write', finding);
      else this.tally.addLost(age, this.updateId, (marks & BLOCK_MARK.fua) !== 0, finding);
    }
    this.present = false;
    this.lost = [];
  }
}
