/** Mutants of resync and of the start after a recovery: R10, R11. */
import { Copies } from '../../tracker/core/copies.js';
import { Core } from '../../tracker/core/core.js';
import { PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import { IndicatorPages } from '../../tracker/core/indicatorPages.js';
import { CANCELED, COPY, IN_EPOCH, NIL, SLOT_FIRST_NODE, SLOT_FLAGS } from '../../tracker/core/recordLayout.js';
import { Resync } from '../../tracker/core/resync.js';
import { Updates } from '../../tracker/core/updates.js';
import { REAL_PARTS } from '../world.js';
import { coreMutant, worldMutant, type Mutant } from './mutant.js';

type Area = typeof PRIMARY | typeof SECONDARY;

class CopyTakenAtCompletion extends Updates {
  protected override enterEpoch(area: Area, slot: number): void {
    if (area === SECONDARY && (this.state.slots.memory[slot + SLOT_FLAGS] & COPY) !== 0) this.durable(area, slot);
    else super.enterEpoch(area, slot);
  }
}

class SourceNotFlushed extends Updates {
  protected override enterEpoch(area: Area, slot: number): void {
    if (area === PRIMARY && (this.state.slots.memory[slot + SLOT_FLAGS] & COPY) !== 0) this.durable(area, slot);
    else super.enterEpoch(area, slot);
  }
}

/** A flush in flight also counts for copies that complete on the area after it was submitted. */
class LateCopyCovered extends Updates {
  private readonly late: [number[], number[]] = [[], []];

  protected override enterEpoch(area: Area, slot: number): void {
    const { memory } = this.state.slots;
    if ((memory[slot + SLOT_FLAGS] & COPY) === 0 || !this.epochs[area].flushing) return super.enterEpoch(area, slot);
    memory[slot + SLOT_FLAGS] |= IN_EPOCH << area;
    this.late[area].push(slot);
  }

  override flushed(area: Area): void {
    super.flushed(area);
    this.endLate(area, true);
  }

  override endEpoch(area: Area): void {
    super.endEpoch(area);
    this.endLate(area, false);
  }

  private endLate(area: Area, durable: boolean): void {
    for (const slot of this.late[area].splice(0)) {
      this.state.slots.memory[slot + SLOT_FLAGS] &= ~(IN_EPOCH << area);
      if (durable) this.durable(area, slot);
      else this.giveUp(slot);
      this.finish(slot);
    }
  }
}

class CopyDoesNotWait extends Updates {
  protected override isBlocked(slot: number): boolean {
    return (this.state.slots.memory[slot + SLOT_FLAGS] & COPY) === 0 && super.isBlocked(slot);
  }
}

/** Updates do not wait for copies: only updates count as earlier ones. */
class WritesPassCopies extends Updates {
  protected override isOver(slot: number): boolean {
    return (this.state.slots.memory[slot + SLOT_FLAGS] & COPY) !== 0 || super.isOver(slot);
  }

  override finish(slot: number): void {
    if ((this.state.slots.memory[slot + SLOT_FLAGS] & COPY) === 0 || super.isOver(slot)) super.finish(slot);
  }
}

class NewMarkOverlooked extends Copies {
  override marked(): void {
    // A copy in flight clears the region, even if it was marked again after the copy began.
  }
}

class ClearsUnderUpdates extends Copies {
  protected override mayClear(): boolean {
    return true;
  }
}

class CursorStays extends Resync {
  override schedule(): void {
    if (this.cursor > 0 && this.evidence.pages.awaiting.nextSet(this.cursor) === -1) return;
    super.schedule();
  }
}

class AbortForgets extends Copies {
  override over(slot: number): void {
    const e = this.entryOf(slot);
    const canceled = (this.state.slots.memory[slot + SLOT_FLAGS] & CANCELED) !== 0;
    super.over(slot);
    if (canceled) this.evidence.pages.unmark(this.state.regions.region[e]);
  }
}

class MarksCountInMemory extends IndicatorPages {
  /** Set while copies are chosen. */
  inMemory = false;

  override isEvidence(region: number): boolean {
    return this.inMemory ? this.awaiting.has(region) : super.isEvidence(region);
  }
}

class CopyNeedsNoMark extends Resync {
  override schedule(): void {
    const pages = this.evidence.pages as MarksCountInMemory;
    pages.inMemory = true;
    super.schedule();
    pages.inMemory = false;
  }
}

/** S counts as attached while earlier writes are still in flight on it. */
class BackTooEarly extends Core {
  override attachSecondary(): boolean {
    this.state.secondaryAway = false;
    return true;
  }
}

class LateWritesIgnored extends Updates {
  protected override isOver(slot: number): boolean {
    const { givenUp } = this.flagsOf(slot);
    return givenUp || super.isOver(slot);
  }

  override finish(slot: number): void {
    if (super.isOver(slot)) super.finish(slot);
  }

  private flagsOf(slot: number): { givenUp: boolean } {
    return { givenUp: (this.state.slots.memory[slot + SLOT_FLAGS] & (1 << 11)) !== 0 };
  }
}

class ResyncNotStarted extends Resync {
  override start(): void {
    // Regions that recovery found dirty do not count as work.
    if (this.state.counters.givenUp > 0) super.start();
  }
}

class LogBeforeMap extends Core {
  protected override writeJournal(): void {
    while (this.openingCommits > 0 && this.log.canSeal()) {
      this.openingCommits--;
      this.journalInFlight++;
      this.fx.writeLog(this.log.seal());
    }
    super.writeJournal();
  }
}

class SecondaryOfBothDead extends Updates {
  override giveUp(slot: number): void {
    super.giveUp(slot);
    const { slots, nodes, regions, indicators } = this.state;
    for (let n = slots.memory[slot + SLOT_FIRST_NODE]; n !== NIL; n = nodes.nextOfSlot(n))
      indicators.clear(regions.region[nodes.entryOf(n)]);
  }
}

export const RESYNCING: readonly Mutant[] = [
  coreMutant(
    {
      name: 'copy-not-flushed',
      rule: 'R10',
      knownFailure: 5,
      wrong: 'a copy counts as durable on S when it completes',
    },
    { Updates: CopyTakenAtCompletion },
  ),
  coreMutant(
    {
      name: 'source-not-flushed',
      rule: 'R10',
      knownFailure: null,
      wrong: 'data that a copy has read counts as durable on P',
    },
    { Updates: SourceNotFlushed },
  ),
  coreMutant(
    {
      name: 'late-copy-covered',
      rule: 'R10',
      knownFailure: null,
      wrong: 'a flush that was submitted before a copy completed makes it durable',
    },
    { Updates: LateCopyCovered },
  ),
  coreMutant(
    {
      name: 'copy-does-not-wait',
      rule: 'R10',
      knownFailure: 8,
      wrong: 'a copy starts while an update to its region is in flight',
    },
    { Updates: CopyDoesNotWait },
  ),
  coreMutant(
    {
      name: 'writes-pass-copies',
      rule: 'R10',
      knownFailure: 8,
      wrong: 'an update does not wait for the copy of its region',
    },
    { Updates: WritesPassCopies },
  ),
  coreMutant(
    {
      name: 'new-mark-overlooked',
      rule: 'R10',
      knownFailure: 7,
      wrong: 'a region marked during its copy is cleared by it',
    },
    { Copies: NewMarkOverlooked },
  ),
  coreMutant(
    {
      name: 'clears-under-updates',
      rule: 'R10',
      knownFailure: 6,
      wrong: 'the bit of a region is cleared while updates to it are in flight',
    },
    { Copies: ClearsUnderUpdates },
  ),
  coreMutant(
    {
      name: 'cursor-stays',
      rule: 'R10',
      knownFailure: 9,
      wrong: 'a region that turns dirty behind the cursor is never copied',
    },
    { Resync: CursorStays },
  ),
  coreMutant(
    { name: 'abort-forgets', rule: 'R10', knownFailure: 13, wrong: 'a canceled copy marks its region clean' },
    { Copies: AbortForgets },
  ),
  coreMutant(
    {
      name: 'copy-needs-no-mark',
      rule: 'R10',
      knownFailure: null,
      wrong: "a copy starts before its region's mark is durable",
    },
    { Resync: CopyNeedsNoMark, IndicatorPages: MarksCountInMemory },
  ),
  worldMutant(
    {
      name: 'late-writes-ignored',
      rule: 'R10',
      knownFailure: null,
      wrong: 'resync does not wait for a given-up write that may still reach S',
    },
    { CoreClass: BackTooEarly, core: { ...REAL_PARTS.core, Updates: LateWritesIgnored } },
  ),
  coreMutant(
    {
      name: 'resync-not-started',
      rule: 'R11',
      knownFailure: 11,
      wrong: 'regions that were dirty on disk at the start are not resynchronized',
    },
    { Resync: ResyncNotStarted },
  ),
  worldMutant(
    { name: 'map-not-loaded', rule: 'R11', knownFailure: 2, wrong: 'recovery does not load the marks that it found' },
    { driver: { ...REAL_PARTS.driver, loadRecovered: false } },
  ),
  worldMutant(
    {
      name: 'log-before-map',
      rule: 'R11',
      knownFailure: null,
      wrong: 'the log starts again before D is durable in the indicator area',
    },
    { CoreClass: LogBeforeMap },
  ),
  coreMutant(
    { name: 'give-up-resets', rule: 'R8', knownFailure: 3, wrong: 'the indicator is reset when an update is given up' },
    { Updates: SecondaryOfBothDead },
  ),
];
