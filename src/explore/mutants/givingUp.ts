/** Mutants of giving up updates that are not acknowledged, and of log pressure: R9, I5. */
import { PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import { Core } from '../../tracker/core/core.js';
import { Evidence } from '../../tracker/core/evidence.js';
import { IndicatorPages } from '../../tracker/core/indicatorPages.js';
import {
  BOTH,
  DURABLE,
  GIVEN_UP,
  HOLDING_SEQUENCE,
  MARKING,
  NIL,
  SLOT_FIRST_NODE,
  SLOT_FLAGS,
} from '../../tracker/core/recordLayout.js';
import { TransactionLog } from '../../tracker/core/transactionLog.js';
import { Updates } from '../../tracker/core/updates.js';
import { coreMutant, worldMutant, type Mutant } from './mutant.js';

type Area = typeof PRIMARY | typeof SECONDARY;

class DegradedWriteUnmarked extends Evidence {
  override markAll(slot: number, flag: Parameters<Evidence['markAll']>[1]): void {
    if (flag === GIVEN_UP && this.state.secondaryAway) this.state.slots.memory[slot + SLOT_FLAGS] |= GIVEN_UP;
    else super.markAll(slot, flag);
  }
}

class ForgottenBeforeMarked extends Updates {
  protected override retireGivenUp(slot: number): void {
    this.state.slots.memory[slot + SLOT_FLAGS] &= ~MARKING;
    super.retireGivenUp(slot);
  }
}

class FailedMarkTaken extends Core {
  override pageWritten(group: number, _ok: boolean, nowMs: number): void {
    super.pageWritten(group, true, nowMs);
  }
}

class FailedCommitTaken extends Core {
  override logWritten(commit: number, _ok: boolean, nowMs: number): void {
    super.logWritten(commit, true, nowMs);
  }
}

class LateAckClearsMark extends Updates {
  protected override durable(area: Area, slot: number): void {
    super.durable(area, slot);
    const { slots, nodes, regions } = this.state;
    const f = slots.memory[slot + SLOT_FLAGS];
    if ((f & GIVEN_UP) === 0 || ((f / DURABLE) & BOTH) !== BOTH) return;
    for (let n = slots.memory[slot + SLOT_FIRST_NODE]; n !== NIL; n = nodes.nextOfSlot(n))
      this.evidence.pages.unmark(regions.region[nodes.entryOf(n)]);
  }
}

class ReportsNotChecked extends Updates {
  override completed(area: Area, slot: number, _id: number, ok: boolean): boolean {
    return super.completed(area, slot, this.state.updateId(slot), ok);
  }
}

class PressureDropsAll extends Evidence {
  override relievePressure(): void {
    const { holdings } = this.state;
    if (this.log.freeBlocks >= this.log.config.ringBlocks / 4) return;
    for (let h = holdings.inLogOrder.head; h !== NIL;) {
      const next = holdings.inLogOrder.next(h);
      if (this.log.isDurable(holdings.memory[h + HOLDING_SEQUENCE])) this.drop(h);
      h = next;
    }
    this.log.moveTail();
    if (this.log.tailUnsaid) this.urgent = true;
  }
}

class NoRoomKept extends TransactionLog {
  override hasRoom(records: number): boolean {
    return super.hasRoom(records, 0);
  }
}

class FirstCopyIsEnough extends IndicatorPages {
  override written(group: number): void {
    const { copies } = this as unknown as { copies: [Float64Array, Float64Array] };
    const { writingTicket } = this as unknown as { writingTicket: Float64Array };
    copies[0][group] = copies[1][group] = Math.max(copies[0][group], copies[1][group]);
    copies[0][group] = copies[1][group] = Math.max(copies[0][group], writingTicket[group]);
    super.written(group);
  }
}

export const GIVING_UP: readonly Mutant[] = [
  coreMutant(
    {
      name: 'degraded-write-unmarked',
      rule: 'R9',
      knownFailure: 3,
      wrong: 'an update given up with S away leaves no mark',
    },
    { Evidence: DegradedWriteUnmarked },
  ),
  coreMutant(
    {
      name: 'forgotten-before-marked',
      rule: 'R9',
      knownFailure: null,
      wrong: 'the log forgets a given-up update before its mark is durable',
    },
    { Updates: ForgottenBeforeMarked },
  ),
  worldMutant(
    { name: 'failed-mark-taken', rule: 'R9', knownFailure: 4, wrong: 'a page whose write failed counts as written' },
    { CoreClass: FailedMarkTaken },
  ),
  worldMutant(
    {
      name: 'failed-commit-taken',
      rule: 'R2',
      knownFailure: 4,
      wrong: 'a log block whose write failed counts as written',
    },
    { CoreClass: FailedCommitTaken },
  ),
  coreMutant(
    {
      name: 'late-ack-clears-mark',
      rule: 'R9',
      knownFailure: 14,
      wrong: 'an acknowledgement after giving up removes the mark',
    },
    { Updates: LateAckClearsMark },
  ),
  coreMutant(
    {
      name: 'reports-not-checked',
      rule: 'R4',
      knownFailure: 14,
      wrong: 'a late or repeated report counts for the update that has the slot now',
    },
    { Updates: ReportsNotChecked },
  ),
  coreMutant(
    {
      name: 'pressure-drops-all',
      rule: 'R9',
      knownFailure: null,
      wrong: 'under log pressure evidence of updates in flight is dropped without a mark',
    },
    { Evidence: PressureDropsAll },
  ),
  coreMutant(
    {
      name: 'no-room-kept',
      rule: 'I5',
      knownFailure: null,
      wrong: 'the log keeps no room free for release records and the tail',
    },
    { TransactionLog: NoRoomKept },
  ),
  coreMutant(
    {
      name: 'first-copy-is-enough',
      rule: 'R12',
      knownFailure: null,
      wrong: 'a mark in one of the two copies of its page counts as durable',
    },
    { IndicatorPages: FirstCopyIsEnough },
  ),
];
