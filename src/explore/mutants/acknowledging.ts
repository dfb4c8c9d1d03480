/** Mutants of the steps from completion to the end of a transaction: R4 to R9. */
import { PowerEpoch, PRIMARY, SECONDARY, type DeviceIndex } from '../../tracker/core/devices.js';
import { Core } from '../../tracker/core/core.js';
import { Evidence } from '../../tracker/core/evidence.js';
import {
  BEGUN,
  BOTH,
  CLOSED,
  COPY,
  DURABLE,
  FIRST_HOLDING,
  FIRST_NODE,
  GIVEN_UP,
  HOLDING_NEXT,
  HOLDING_UNACKED,
  NIL,
  NODE_HOLDING,
  NODE_NEXT,
  SLOT_FIRST_NODE,
  SLOT_FLAGS,
  SUBMITTED,
  TRANSACTION_HOLDINGS,
  TRANSACTION_STATE,
} from '../../tracker/core/recordLayout.js';
import { RECORD_COMPLETE, TransactionLog } from '../../tracker/core/transactionLog.js';
import { Updates } from '../../tracker/core/updates.js';
import { REAL_PARTS } from '../world.js';
import { coreMutant, worldMutant, type Mutant } from './mutant.js';

type Area = typeof PRIMARY | typeof SECONDARY;

class CompletionIsDurable extends Updates {
  protected override enterEpoch(area: Area, slot: number): void {
    if ((this.state.slots.memory[slot + SLOT_FLAGS] & COPY) !== 0) super.enterEpoch(area, slot);
    else this.durable(area, slot);
  }
}

interface EpochInternals {
  covered: number;
}

class FlushCoversLaterWrites extends PowerEpoch {
  override takeCovered(): number {
    if (this.flushing) (this as unknown as EpochInternals).covered = this.pending;
    return super.takeCovered();
  }
}

class FlushErrorForgotten extends Core {
  override flushed(device: DeviceIndex, _ok: boolean, nowMs: number): void {
    super.flushed(device, true, nowMs);
  }
}

class PrimaryIsEnough extends Updates {
  protected override durable(area: Area, slot: number): void {
    const both = this.state.slots.memory[slot + SLOT_FLAGS] & (SUBMITTED * BOTH);
    if (
      area === PRIMARY &&
      both === SUBMITTED * BOTH &&
      (this.state.slots.memory[slot + SLOT_FLAGS] & (COPY | GIVEN_UP)) === 0
    ) {
      this.state.slots.memory[slot + SLOT_FLAGS] |= DURABLE << SECONDARY;
    }
    super.durable(area, slot);
  }
}

/** Claim 4 read literally: the location leaves every active transaction, even one that still needs it. */
class LiteralClaim4 extends Evidence {
  override prune(e: number): void {
    const { regions, held, nodes, holdings } = this.state;
    for (let n = regions.memory[e + FIRST_NODE]; n !== NIL; n = nodes.memory[n + NODE_NEXT])
      nodes.memory[n + NODE_HOLDING] = NIL;
    for (let h = held.memory[e + FIRST_HOLDING]; h !== NIL;) {
      const next = holdings.memory[h + HOLDING_NEXT];
      holdings.memory[h + HOLDING_UNACKED] = 0;
      if (!this.release(h)) return;
      h = next;
    }
  }
}

/** An acknowledgement removes the location from its own transaction, although another update of it is in flight. */
class OwnTransactionForgets extends Evidence {
  override retired(n: number): void {
    const { nodes, holdings } = this.state;
    const h = nodes.memory[n + NODE_HOLDING];
    if (h !== NIL) holdings.memory[h + HOLDING_UNACKED] = 1;
    super.retired(n);
  }

  protected override isDispensable(): boolean {
    return true;
  }
}

class CompleteAtClose extends Evidence {
  override completeIfDone(t: number): void {
    const { transactions, nowMs } = this.state;
    if (
      (transactions.memory[t + TRANSACTION_STATE] & (CLOSED | BEGUN)) === (CLOSED | BEGUN) &&
      transactions.memory[t + TRANSACTION_HOLDINGS] > 0 &&
      this.log.hasRoom(1, this.reserveBlocks / 2)
    ) {
      this.log.append(RECORD_COMPLETE, this.state.transactionId(t), 0, 0, nowMs);
    }
    super.completeIfDone(t);
  }
}

class TailPassesActive extends TransactionLog {
  override moveTail(): void {
    this.tail = Math.max(this.tail, this.durableThrough + 1);
  }
}

class ResetTooEarly extends Updates {
  protected override retire(slot: number): void {
    super.retire(slot);
    const { slots, nodes, regions, indicators } = this.state;
    for (let n = slots.memory[slot + SLOT_FIRST_NODE]; n !== NIL; n = nodes.nextOfSlot(n))
      indicators.clear(regions.region[nodes.entryOf(n)]);
  }
}

export const ACKNOWLEDGING: readonly Mutant[] = [
  coreMutant(
    {
      name: 'completion-is-durable',
      rule: 'R4',
      knownFailure: 5,
      wrong: 'a completed write counts as durable before any flush',
    },
    { Updates: CompletionIsDurable },
  ),
  coreMutant(
    {
      name: 'flush-covers-later-writes',
      rule: 'R4',
      knownFailure: null,
      wrong: 'a flush counts for writes that completed after it was submitted',
    },
    { PowerEpoch: FlushCoversLaterWrites },
  ),
  worldMutant(
    { name: 'flush-error-forgotten', rule: 'R4', knownFailure: null, wrong: 'a failed flush counts as successful' },
    { CoreClass: FlushErrorForgotten },
  ),
  worldMutant(
    {
      name: 'power-loss-not-reported',
      rule: 'R4',
      knownFailure: 18,
      wrong: 'a power loss between completion and flush does not end the epoch',
    },
    { driver: { ...REAL_PARTS.driver, reportLostPower: false } },
  ),
  coreMutant(
    {
      name: 'primary-is-enough',
      rule: 'R4',
      knownFailure: null,
      wrong: 'an update that is durable on P alone is acknowledged',
    },
    { Updates: PrimaryIsEnough },
  ),
  coreMutant(
    {
      name: 'literal-claim-4',
      rule: 'R5',
      knownFailure: null,
      wrong: 'an acknowledgement removes the region from every active transaction',
    },
    { Evidence: LiteralClaim4 },
  ),
  coreMutant(
    {
      name: 'own-transaction-forgets',
      rule: 'R5',
      knownFailure: null,
      wrong: 'the first acknowledgement removes the region from a transaction that has two updates to it',
    },
    { Evidence: OwnTransactionForgets },
  ),
  coreMutant(
    {
      name: 'complete-at-close',
      rule: 'R6',
      knownFailure: null,
      wrong: 'the completion record is written when the transaction closes',
    },
    { Evidence: CompleteAtClose },
  ),
  coreMutant(
    {
      name: 'tail-passes-active',
      rule: 'R7',
      knownFailure: null,
      wrong: 'the tail moves past records of active transactions',
    },
    { TransactionLog: TailPassesActive },
  ),
  coreMutant(
    {
      name: 'reset-too-early',
      rule: 'R8',
      knownFailure: null,
      wrong: 'an indicator is reset while updates to its region are in flight',
    },
    { Updates: ResetTooEarly },
  ),
];
