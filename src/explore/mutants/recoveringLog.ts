/** Mutants of recovery: the log's decision table (logRing.ts) with each cell changed. */
import { LogTable, type Decision } from '../../tracker/journal/logRing.js';
import { tables, worldMutant, type Mutant } from './mutant.js';

type Needed = Exclude<Decision, 'end'>;

class OneInvalidCopyIsALoss extends LogTable {
  override needed(s: number): Needed {
    return this.ring.state(0, s) === 'invalid' || this.ring.state(1, s) === 'invalid' ? 'lost' : super.needed(s);
  }
}

class OneOlderCopyIsALoss extends LogTable {
  override needed(s: number): Needed {
    return this.ring.state(0, s) === 'older' || this.ring.state(1, s) === 'older' ? 'lost' : super.needed(s);
  }
}

class LostBlocksArePassed extends LogTable {
  override needed(s: number): Needed {
    return super.needed(s) === 'lost' ? 'pass' : super.needed(s);
  }
}

class OlderIsNeverWritten extends LogTable {
  override needed(s: number): Needed {
    const older = this.ring.state(0, s) === 'older' || this.ring.state(1, s) === 'older';
    return older && !this.ring.has(s) ? 'pass' : super.needed(s);
  }
}

class EveryLostBlockWasEmpty extends LogTable {
  override needed(s: number): Needed {
    const both = this.ring.state(0, s) === 'invalid' && this.ring.state(1, s) === 'invalid';
    return super.needed(s) === 'lost' && both ? 'pass' : super.needed(s);
  }

  override next(s: number): Decision {
    return super.next(s) === 'lost' ? 'pass' : super.next(s);
  }
}

class OneCopyDoesNotGoOn extends LogTable {
  override next(s: number): Decision {
    const both = this.ring.state(0, s) === 'valid' && this.ring.state(1, s) === 'valid';
    return super.next(s) === 'take' && !both ? 'end' : super.next(s);
  }
}

class OlderNextIsALoss extends LogTable {
  override next(s: number): Decision {
    const invalid = this.ring.state(0, s) === 'invalid' || this.ring.state(1, s) === 'invalid';
    return super.next(s) === 'end' && invalid ? 'lost' : super.next(s);
  }
}

class TornUnitIsALoss extends LogTable {
  override next(s: number): Decision {
    const both = this.ring.state(0, s) === 'invalid' && this.ring.state(1, s) === 'invalid';
    return super.next(s) === 'end' && both ? 'lost' : super.next(s);
  }
}

class UnknownNextEndsTheLog extends LogTable {
  override next(s: number): Decision {
    return super.next(s) === 'lost' ? 'end' : super.next(s);
  }
}

/** Any damage in the ring counts as lost evidence. */
class EveryPlaceIsNeeded extends LogTable {
  override next(s: number): Decision {
    const { ring } = this;
    for (let place = 0; place < ring.layout.ringBlocks; place++)
      if (ring.problemAt(0, place) !== null || ring.problemAt(1, place) !== null) return 'lost';
    return super.next(s);
  }
}

export const RECOVERING_LOG: readonly Mutant[] = [
  worldMutant(
    {
      name: 'invalid-copy-is-a-loss',
      rule: 'I4',
      knownFailure: null,
      wrong: 'one invalid copy of a needed log block makes everything dirty',
    },
    tables({ Log: OneInvalidCopyIsALoss }),
  ),
  worldMutant(
    {
      name: 'older-copy-is-a-loss',
      rule: 'I4',
      knownFailure: null,
      wrong: 'one copy that has lost a needed log block makes everything dirty',
    },
    tables({ Log: OneOlderCopyIsALoss }),
  ),
  worldMutant(
    {
      name: 'lost-block-passed',
      rule: 'R12',
      knownFailure: 16,
      wrong: 'a needed log block that neither copy has is skipped',
    },
    tables({ Log: LostBlocksArePassed }),
  ),
  worldMutant(
    {
      name: 'older-is-never-written',
      rule: 'R12',
      knownFailure: 16,
      wrong: 'a needed log block that one copy has lost and the other holds damaged counts as never written',
    },
    tables({ Log: OlderIsNeverWritten }),
  ),
  worldMutant(
    {
      name: 'lost-block-taken-for-empty',
      rule: 'R12',
      knownFailure: null,
      wrong: 'a block with two invalid copies counts as a block without records',
    },
    tables({ Log: EveryLostBlockWasEmpty }),
  ),
  worldMutant(
    {
      name: 'one-copy-does-not-go-on',
      rule: 'R12',
      knownFailure: null,
      wrong: 'the log ends at a block of which one copy is not valid',
    },
    tables({ Log: OneCopyDoesNotGoOn }),
  ),
  worldMutant(
    {
      name: 'older-next-is-a-loss',
      rule: 'I4',
      knownFailure: null,
      wrong: 'an invalid block after the end of the log makes everything dirty, although its copy was never written',
    },
    tables({ Log: OlderNextIsALoss }),
  ),
  worldMutant(
    {
      name: 'torn-unit-is-a-loss',
      rule: 'I4',
      knownFailure: null,
      wrong: 'a block torn in both copies makes everything dirty, although its unit was never durable',
    },
    tables({ Log: TornUnitIsALoss }),
  ),
  worldMutant(
    {
      name: 'unknown-next-ends-log',
      rule: 'R12',
      knownFailure: 16,
      wrong: 'the log ends at a block with two invalid copies',
    },
    tables({ Log: UnknownNextEndsTheLog }),
  ),
  worldMutant(
    {
      name: 'every-place-is-needed',
      rule: 'I4',
      knownFailure: null,
      wrong: 'damage outside the evidence makes everything dirty',
    },
    tables({ Log: EveryPlaceIsNeeded }),
  ),
];
