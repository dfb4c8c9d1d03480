/** Mutants of the steps from obtaining an update to its submission: R1, R2, R3, R13. */
import { Core } from '../../tracker/core/core.js';
import { CORE_PARTS } from '../../tracker/core/coreStatus.js';
import { Evidence } from '../../tracker/core/evidence.js';
import { COPY, FIRST_HOLDING, NIL, SLOT_FIRST_NODE, SLOT_FLAGS, UNACKED } from '../../tracker/core/recordLayout.js';
import type { CoreState } from '../../tracker/core/state.js';
import { TransactionLog, type LogCommit } from '../../tracker/core/transactionLog.js';
import { Updates } from '../../tracker/core/updates.js';
import { REAL_PARTS } from '../world.js';
import { coreMutant, worldMutant, type Mutant } from './mutant.js';

class IndicatorNotSet extends Updates {
  override obtain(transaction: number, offset: number, length: number): number {
    const { indicators } = this.state;
    const region = this.state.regionOf(offset);
    const was = indicators.has(region);
    const slot = super.obtain(transaction, offset, length);
    if (slot !== NIL && !was) indicators.clear(region);
    return slot;
  }
}

/** The counters of updates in flight have two bits and wrap. */
class CounterWraps extends Updates {
  override obtain(transaction: number, offset: number, length: number): number {
    const slot = super.obtain(transaction, offset, length);
    const { slots, nodes, regions } = this.state;
    if (slot === NIL) return slot;
    for (let n = slots.memory[slot + SLOT_FIRST_NODE]; n !== NIL; n = nodes.nextOfSlot(n)) {
      const e = nodes.entryOf(n);
      if (regions.memory[e + UNACKED] === 3) regions.memory[e + UNACKED] = 0;
    }
    return slot;
  }
}

class DataBeforeEvidence extends Evidence {
  protected override obtainInLog(n: number): number {
    super.obtainInLog(n);
    return -1;
  }
}

class SecondWriteRunsAhead extends Evidence {
  protected override obtainInLog(n: number): number {
    const marked = this.state.held.memory[this.state.nodes.entryOf(n) + FIRST_HOLDING] !== NIL;
    const wait = super.obtainInLog(n);
    return marked ? -1 : wait;
  }
}

class MarkNotAwaited extends Evidence {
  override marksDurable(): boolean {
    return true;
  }
}

const journalGone = new WeakSet<CoreState>();

class GoesOnWithoutJournal extends Core {
  override begin(): number {
    return this.pretending(() => super.begin());
  }

  override obtain(transaction: number, offset: number, length: number, nowMs: number): number {
    return this.pretending(() => super.obtain(transaction, offset, length, nowMs));
  }

  private pretending(act: () => number): number {
    const lost = this.state.journalLost;
    if (lost) journalGone.add(this.state);
    this.state.journalLost = false;
    const result = act();
    this.state.journalLost = lost;
    journalGone.delete(this.state);
    return result;
  }
}

class NoEvidenceNeeded extends Evidence {
  override obtain(slot: number, count: number): void {
    if (!journalGone.has(this.state)) super.obtain(slot, count);
  }
}

interface LogInternals {
  order: number[];
  durableThrough: number;
}

class CommitsDurableAlone extends TransactionLog {
  override written(index: number, becameDurable: (c: LogCommit) => void): void {
    const { order } = this as unknown as LogInternals;
    // The commit counts as durable at once, even if earlier ones are missing.
    if (order[0] !== index) {
      const c = this.commit(index);
      this.durableThrough = Math.max(this.durableThrough, c.start + c.blocks - 1);
      becameDurable(c);
    }
    super.written(index, becameDurable);
  }
}

class OverlapsInFlight extends Updates {
  protected override isBlocked(slot: number): boolean {
    return (this.state.slots.memory[slot + SLOT_FLAGS] & COPY) !== 0 && super.isBlocked(slot);
  }
}

export const OBTAINING: readonly Mutant[] = [
  coreMutant(
    {
      name: 'indicator-not-set',
      rule: 'R1',
      knownFailure: null,
      wrong: 'an update is obtained and its indicator stays 0',
    },
    { Updates: IndicatorNotSet },
  ),
  coreMutant(
    {
      name: 'counter-wraps',
      rule: 'R1',
      knownFailure: 12,
      wrong: 'the count of updates in flight to a region wraps at 3',
    },
    { Updates: CounterWraps },
  ),
  coreMutant(
    {
      name: 'data-before-evidence',
      rule: 'R2',
      knownFailure: null,
      wrong: 'data is submitted without waiting for its log block',
    },
    { Evidence: DataBeforeEvidence },
  ),
  coreMutant(
    {
      name: 'second-write-runs-ahead',
      rule: 'R2',
      knownFailure: 1,
      wrong: "a second write treats the region's evidence in memory as durable",
    },
    { Evidence: SecondWriteRunsAhead },
  ),
  coreMutant(
    {
      name: 'mark-not-awaited',
      rule: 'R9',
      knownFailure: null,
      wrong: 'a mark in the indicator area counts before it is durable',
    },
    { Evidence: MarkNotAwaited },
  ),
  worldMutant(
    {
      name: 'goes-on-without-journal',
      rule: 'R2',
      knownFailure: null,
      wrong: 'after the journal is lost, updates are written without evidence',
    },
    { ...REAL_PARTS, CoreClass: GoesOnWithoutJournal, core: { ...CORE_PARTS, Evidence: NoEvidenceNeeded } },
  ),
  coreMutant(
    {
      name: 'commits-durable-alone',
      rule: 'R3',
      knownFailure: null,
      wrong: 'a log block counts as durable while an earlier one is not',
    },
    { TransactionLog: CommitsDurableAlone },
  ),
  coreMutant(
    { name: 'overlaps-in-flight', rule: 'R13', knownFailure: 17, wrong: 'overlapping updates are in flight together' },
    { Updates: OverlapsInFlight },
  ),
];
