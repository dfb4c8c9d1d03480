/**
 * The tests of the claims fail when their rule is broken: trackers with one wrong part, and the scenarios that notice
 * it.
 */
import { expect, it } from 'vitest';
import { mutantNamed } from '../../../src/explore/mutants/index.js';
import { REAL_PARTS, type WorldParts } from '../../../src/explore/world.js';
import { CORE_PARTS, type CoreParts } from '../../../src/tracker/core/coreStatus.js';
import { Evidence } from '../../../src/tracker/core/evidence.js';
import { FIRST_HOLDING, NIL, SLOT_FIRST_NODE, UNACKED } from '../../../src/tracker/core/recordLayout.js';
import {
  RECORD_COMPLETE,
  RECORD_RELEASE,
  TransactionLog,
  type RecordKind,
} from '../../../src/tracker/core/transactionLog.js';
import { Updates } from '../../../src/tracker/core/updates.js';
import { ClaimBench } from './bench.js';
import { SCENARIOS } from './scenarios.js';
import type { ScenarioName } from './table.js';

const broken = (core: Partial<CoreParts>): WorldParts => ({ ...REAL_PARTS, core: { ...CORE_PARTS, ...core } });
const mutant = (name: string): WorldParts => mutantNamed(name).parts;

class DoesNotJoinTheSet extends Updates {
  override obtain(transaction: number, offset: number, length: number): number {
    const slot = super.obtain(transaction, offset, length);
    const { slots, nodes, regions } = this.state;
    if (slot !== NIL) regions.memory[nodes.entryOf(slots.memory[slot + SLOT_FIRST_NODE]) + UNACKED]--;
    return slot;
  }
}

class OneRecordForAllTransactions extends Evidence {
  protected override writeRecord(t: number, e: number): number {
    const first = this.state.held.memory[e + FIRST_HOLDING];
    return first === NIL ? super.writeRecord(t, e) : first;
  }
}

class NeverReleases extends Evidence {
  override prune(): void {}
}

class StaysInTheSet extends Updates {
  protected override retire(slot: number): void {
    super.retire(slot);
    const { slots, nodes, regions } = this.state;
    regions.memory[nodes.entryOf(slots.memory[slot + SLOT_FIRST_NODE]) + UNACKED]++;
  }
}

class NoCompletionRecord extends TransactionLog {
  override append(kind: RecordKind, transaction: number, region: number, count: number, nowMs: number): number {
    return super.append(kind === RECORD_COMPLETE ? RECORD_RELEASE : kind, transaction, region, count, nowMs);
  }
}

class TailStays extends TransactionLog {
  override moveTail(): void {}
}

class IndicatorStays extends Updates {
  protected override retire(slot: number): void {
    super.retire(slot);
    const { slots, nodes, regions, indicators } = this.state;
    indicators.set(regions.region[nodes.entryOf(slots.memory[slot + SLOT_FIRST_NODE])]);
  }
}

// A broken rule also fails the scenarios that need the rule on the way to their own.
it.each<[string, WorldParts, ScenarioName[]]>([
  [
    'R1: the indicator stays 0',
    mutant('indicator-not-set'),
    ['obtainingSetsTheIndicator', 'emptySetResetsTheIndicator'],
  ],
  [
    'R1: the update does not join its set',
    broken({ Updates: DoesNotJoinTheSet }),
    [
      'obtainingAddsToTheUpdateSet',
      'acknowledgementTakesBoth',
      'completionIsRecorded',
      'completionFreesLogSpace',
      'emptySetResetsTheIndicator',
    ],
  ],
  ['R2: data is submitted before its evidence', mutant('data-before-evidence'), ['theLogNamesTheLocation']],
  [
    'R2: one write record for all transactions',
    broken({ Evidence: OneRecordForAllTransactions }),
    ['theLogNamesTheLocation'],
  ],
  [
    'R4: completion counts as durable',
    mutant('completion-is-durable'),
    ['acknowledgementTakesBoth', 'completionFreesLogSpace'],
  ],
  ['R5: claim 4 read literally', mutant('literal-claim-4'), ['acknowledgementTakesBoth']],
  [
    'R5: evidence is never released',
    broken({ Evidence: NeverReleases }),
    ['acknowledgementTakesBoth', 'completionIsRecorded', 'completionFreesLogSpace'],
  ],
  [
    'R5: the update stays in its set',
    broken({ Updates: StaysInTheSet }),
    ['acknowledgementTakesBoth', 'emptySetResetsTheIndicator'],
  ],
  ['R6: the completion record comes at close', mutant('complete-at-close'), ['completionIsRecorded']],
  [
    'R6: no completion record',
    broken({ TransactionLog: NoCompletionRecord }),
    ['completionIsRecorded', 'completionFreesLogSpace'],
  ],
  ['R7: the tail stays', broken({ TransactionLog: TailStays }), ['completionFreesLogSpace']],
  [
    'R7: the tail passes active transactions',
    mutant('tail-passes-active'),
    ['theLogNamesTheLocation', 'acknowledgementTakesBoth', 'completionFreesLogSpace'],
  ],
  ['R8: the indicator is reset too early', mutant('reset-too-early'), ['emptySetResetsTheIndicator']],
  ['R8: the indicator is never reset', broken({ Updates: IndicatorStays }), ['emptySetResetsTheIndicator']],
  [
    'R9: the region is not marked',
    mutant('degraded-write-unmarked'),
    ['noAcknowledgementPersistsTheIndicator', 'theIndicatorSynchronizes'],
  ],
  ['R11: recovery does not load the marks', mutant('map-not-loaded'), ['theIndicatorSynchronizes']],
  ['R11: marked regions are not resynchronized', mutant('resync-not-started'), ['theIndicatorSynchronizes']],
])('%s', (_wrong, parts, failing) => {
  const failed = Object.entries(SCENARIOS).filter(([, { perform }]) => {
    try {
      perform(new ClaimBench(parts));
      return false;
    } catch {
      return true;
    }
  });
  expect(failed.map(([name]) => name)).toEqual(failing);
});
