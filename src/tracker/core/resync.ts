/**
 * Resynchronization (R10, claim 13): copies the regions that await it from P to S, a few at a time. copies.ts clears
 * the bit of a region once its copy is durable.
 *
 * A copy is in its region's queue like an update that covers the entire region, so R13 keeps it apart from the
 * application's earlier and later writes.
 */
import type { Copies } from './copies.js';
import type { Evidence } from './evidence.js';
import type { CoreState } from './state.js';
import { ResyncPace } from './resyncPace.js';
import type { Updates } from './updates.js';
import * as layout from './recordLayout.js';

// Constants of the file: see recordLayout.ts.
const { COPY, NIL, COPY_SLOT } = layout;

export class Resync {
  readonly state: CoreState;
  readonly evidence: Evidence;
  readonly updates: Updates;
  readonly copies: Copies;
  readonly pace: ResyncPace;
  active = false;
  protected cursor = 0;

  constructor(updates: Updates) {
    this.updates = updates;
    this.state = updates.state;
    this.evidence = updates.evidence;
    this.copies = updates.copies;
    this.pace = new ResyncPace(this.state.config.resync);
  }

  /** No region awaits resync, no copy is in flight, and the indicator area is durable. */
  get done(): boolean {
    const { pages } = this.evidence;
    return pages.awaiting.count === 0 && this.copies.idle && pages.pendingGroups === 0;
  }

  start(): void {
    this.active = true;
    this.cursor = 0;
  }

  /** Starts no new copy; those in flight end as usual. */
  stop(): void {
    this.active = false;
    this.copies.starved = false;
  }

  /**
   * Starts copies up to `resync.depth`. The cursor wraps, so it also reaches a region that turns dirty behind it.
   *
   * A copy may leave S different from P until it is durable, so it needs evidence like any write (R2): the region's
   * mark must be durable. A record in the log is not enough, because it may be released during the copy.
   */
  schedule(): void {
    const { state, evidence } = this;
    this.copies.starved = false;
    if (!this.active || state.secondaryAway || state.primaryLost || state.journalLost) return;
    const { pages } = evidence;
    let wrapped = false;
    const { depth, slots } = state.config.resync;
    const { counters, slots: updates, nowMs } = state;
    const { copies } = this;
    let allowed = this.pace.allowance(counters.obtained, updates.pool.usedCount, copies.copying, nowMs);
    while (allowed > 0 && copies.copying < depth && copies.count < slots) {
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
      const busy = e !== NIL && state.held.memory[e + COPY_SLOT] !== NIL;
      if (!busy) {
        const bytes = this.startCopy(region);
        if (bytes === 0) return;
        this.pace.started(bytes, nowMs);
        allowed -= bytes;
      }
      this.cursor = region + 1;
    }
  }

  /** Bytes of the copy; 0: there was no room for it. */
  protected startCopy(region: number): number {
    const { state, updates } = this;
    const offset = region * state.config.regionBytes;
    const length = Math.min(state.config.regionBytes, state.config.usableBytes - offset);
    const slot = updates.enter(NIL, offset, length, region, 1, COPY);
    if (slot === NIL) {
      this.copies.starved = true;
      return 0;
    }
    this.copies.begun(slot);
    updates.trySubmit(slot);
    return length;
  }

  /** P or S is lost: the copies in flight do not count; their regions stay dirty. */
  abort(): void {
    this.stop();
    this.copies.abort();
  }
}
