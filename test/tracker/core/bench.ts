/** An open core with common settings, for tests of one situation. */
import type { CoreConfig } from './coreParts.js';
import { Simulator } from './simulator.js';

export const REGION = 4096;
export const SECTOR = 512;

export type Settings = Partial<Omit<CoreConfig, 'log'>> & { log?: Partial<CoreConfig['log']>; dirty?: number[] };

export function settings({ log, dirty: _dirty, ...rest }: Settings = {}): CoreConfig {
  return {
    regionBytes: REGION,
    usableBytes: 64 * REGION,
    mode: 'sync',
    acknowledge: 'durable',
    updateSlots: 16,
    regionReferences: 64,
    transactionSlots: 8,
    lingerMs: 5000,
    hotRegions: 16,
    ackTimeoutMs: 1000,
    groupCommitMs: 2,
    flushEveryWrites: 64,
    flushIntervalMs: 10,
    resync: { depth: 2, slots: 2, maxBytesPerSecond: 0, minShare: 1, turnBytes: 1 },
    durableOnCompletion: { primary: false, secondary: false, journal: true },
    journalDepth: 4,
    regionsPerGroup: 16,
    ...rest,
    log: {
      ringBlocks: 64,
      blocksPerUnit: 2,
      recordsPerBlock: 8,
      firstSequence: 0,
      recoveredThrough: -1,
      commitsInFlight: 2,
      unitsPerCommit: 2,
      ...log,
    },
  };
}

/** Recovery is over, and `dirty` is what it found. */
export function openedCore(s: Settings = {}): Simulator {
  const sim = new Simulator(settings(s));
  const dirty = sim.core.state.indicators.clone();
  for (const r of s.dirty ?? []) dirty.set(r);
  sim.journal.load(dirty.regions(), new Set());
  sim.core.loadDirty(dirty, []);
  run(sim, () => sim.core.ready);
  return sim;
}

/** Pumps, and delivers reports except those with `holdBack`, until `isDone`. Throws when that does not happen. */
export function run(
  sim: Simulator,
  isDone: () => boolean,
  holdBack: (p: Simulator['pending'][number]) => boolean = () => false,
): void {
  for (let i = 0; i < 20_000; i++) {
    sim.pump();
    if (isDone()) return;
    const next = sim.pending.findIndex((p) => !holdBack(p));
    if (next >= 0) sim.deliver(next, true);
    else sim.now++;
  }
  throw new Error('the expected state is not reached in 20,000 steps');
}
