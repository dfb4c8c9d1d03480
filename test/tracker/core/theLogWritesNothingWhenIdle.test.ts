import { it } from 'vitest';
import { settings } from './bench.js';
import { runScenario, type Scenario } from './randomRun.js';

const step = (kind: Scenario['commands'][number][0], a = 0, b = 0): Scenario['commands'][number] => [kind, a, b];

// A random run found it: each commit was written while others were in flight and caused the next one, without end.
const COMMANDS = [
  ...Array.from({ length: 6 }, () => [step('pump'), step('deliver')]).flat(),
  step('pump'),
  step('begin'),
  step('write'),
  step('begin'),
  step('write', 0, 4290),
  step('write', 0, 1679),
  step('write'),
  step('write', 0, 2780),
];

it('a commit that only moves the tail does not cause another one, in the smallest ring and with commits in flight', () => {
  const config = settings({
    usableBytes: 2 * 4096,
    updateSlots: 5,
    regionReferences: 8,
    transactionSlots: 2,
    lingerMs: 0,
    hotRegions: 0,
    ackTimeoutMs: 3000,
    flushEveryWrites: 4,
    resync: { depth: 1, slots: 1, maxBytesPerSecond: 0, minShare: 1, turnBytes: 1 },
    durableOnCompletion: { primary: false, secondary: false, journal: false },
    journalDepth: 1,
    log: { ringBlocks: 8, blocksPerUnit: 1, recordsPerBlock: 4, firstSequence: 5, recoveredThrough: 4 },
    regionsPerGroup: 1,
  });
  runScenario({ config, dirtyAtStart: [], commands: COMMANDS });
});
