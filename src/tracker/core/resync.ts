/**
 * Resynchronization (R10, claim 13): copies the regions that await it from P to S, a few at a time. copies.ts clears each
 * region's bit once its copy is durable.
 *
 * A copy stands in its region's queue like an update that covers the whole region, so R13 keeps it and the
 * application's writes apart in both directions.
 */
import type { Copies } from './copies.js';
import type { Evidence } from './evidence.js';
import type { CoreState } from './state.js';
import type { Updates } from './updates.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { COPY, NIL } = layout;

export class Resync {
  readonly state: CoreState;
  readonly evidence: Evidence;
  readonly updates: Updates;
  readonly copies: Copies;
  active = false;
  protected cursor = 0;

  constructor(updates: Updates) {
    this.updates = updates;
    this.state = updates.state;
    this.evidence = updates.evidence;
    this.copies = updates.copies;
  }

  /** Nothing awaits resync, nothing is being copied, and the indicator area says so durably. */
  get done(): boolean {
    const { pages } = this.evidence;
    return pages.awaiting.count === 0 && this.copies.idle && pages.pendingGroups === 0;
  }

  start(): void {
    this.active = true;
    this.cursor = 0;
  }

  /** No new copies; those under way end as usual. */
  stop(): void {
    this.active = false;
    this.copies.starved = false;
  }

  /**
   * Starts copies while there is room. The cursor wraps: a region that turns dirty behind it is met again.
   *
   * A copy makes S differ from P until both ends are durable, so it needs evidence like any write (R2): its mark must
   * be durable. A region marked a moment ago still lives on a record in the log, which may be released meanwhile.
   */
  schedule(): void {
    const { state, evidence } = this;
    this.copies.starved = false;
    if (!this.active || state.secondaryAway || state.primaryLost || state.journalLost) return;
    const { pages } = evidence;
    let wrapped = false;
    while (this.copies.count < state.config.resyncDepth) {
      const region = pages.awaiting.nextSet(this.cursor);
      if (region === -1) {
        if (wrapped || this.cursor === 0) return;
        wrapped = true;
        this.cursor = 0;
        continue;
      }
      if (!pages.isEvidence(region)) {
        this.cursor = (pages.groupOf(region) + 1) * pages.regionsPerGroup;
        continue;
      }
      const e = state.regions.find(region);
      const busy = e !== NIL && state.held.copySlot[e] !== NIL;
      if (!busy && !this.startCopy(region)) return;
      this.cursor = region + 1;
    }
  }

  protected startCopy(region: number): boolean {
    const { state, updates } = this;
    const offset = region * state.config.regionBytes;
    const length = Math.min(state.config.regionBytes, state.config.usableBytes - offset);
    const slot = updates.enter(NIL, offset, length, region, 1, COPY);
    if (slot === NIL) {
      this.copies.starved = true;
      return false;
    }
    this.copies.begun(slot);
    updates.trySubmit(slot);
    return true;
  }

  /** S is gone, or P: copies under way cannot be trusted; the regions stay dirty. */
  abort(): void {
    this.stop();
    this.copies.abort();
  }
}
