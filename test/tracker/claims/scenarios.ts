/** What each claim asks for, as a scenario with its assertions. `table.ts` says which claims share a scenario. */
import { expect } from 'vitest';
import { ACK_TIMEOUT_MS, type ClaimBench } from './bench.js';
import type { ScenarioName } from './table.js';

export interface Scenario {
  shows: string;
  perform(bench: ClaimBench): void;
}

type Trouble = { do: 'cut' | 'fail'; device: 'S' } | { do: 'tick'; ms: number };

/** An update that is durable on P and, for the given reason, never becomes durable on S. */
export function withoutAcknowledgement(bench: ClaimBench, trouble: Trouble): void {
  const u = bench.write(0, 0);
  bench.run();
  bench.world.take({ do: 'end', device: 'P', version: u });
  bench.run('P');
  bench.world.take(trouble);
  bench.run('P', 'S');
  bench.tick(3);
  bench.run('P', 'S');
  const { pages, log } = bench.world.core;
  expect(pages.awaiting.has(0)).toBe(true);
  expect(pages.isEvidence(0), 'durable in both copies of its page').toBe(true);
  expect(log.openRecords).toBe(0);
  expect(bench.recovered().dirty, 'found in the persistent area').toEqual([0]);
}

export const SCENARIOS: Record<ScenarioName, Scenario> = {
  obtainingSetsTheIndicator: {
    shows:
      'obtaining data sets the indicator of its location before a byte of it reaches an area, while the areas differ too',
    perform(bench) {
      const { areas } = bench.world;
      expect(bench.indicator(0)).toBe(false);
      bench.write(0, 0);
      expect(bench.indicator(0)).toBe(true);
      expect(bench.indicator(1), 'another location').toBe(false);
      expect(areas[0].visible[0], 'nothing is written yet').toBe(0);
      let differed = 0;
      for (let step = bench.world.deviceSteps()[0]; step !== undefined; step = bench.world.deviceSteps()[0]) {
        bench.world.take(step);
        if (areas[0].visible[0] === areas[1].visible[0]) continue;
        differed++;
        expect(bench.indicator(0), 'the areas differ').toBe(true);
      }
      expect(differed).toBeGreaterThan(0);
      expect([areas[0].visible[0], areas[1].visible[0]]).toEqual([1, 1]);
    },
  },

  obtainingAddsToTheUpdateSet: {
    shows: "the update's identifier is added to the set of updates to its location, and to no other set",
    perform(bench) {
      expect([bench.updateIds(0), bench.updateSet(0)]).toEqual([[], 0]);
      bench.write(0, 0);
      expect([bench.updateIds(0), bench.updateSet(0)]).toEqual([[1], 1]);
      bench.write(1, 0);
      expect([bench.updateIds(0), bench.updateSet(0)]).toEqual([[1, 2], 2]);
      expect([bench.updateIds(1), bench.updateSet(1)]).toEqual([[], 0]);
    },
  },

  theLogNamesTheLocation: {
    shows: 'each transaction that writes a location has a durable record of it in the log before its data is submitted',
    perform(bench) {
      const { areas } = bench.world;
      bench.write(0, 1);
      expect(bench.log()).toEqual([]);
      expect(areas[0].flying).toEqual([]);
      bench.run();
      const first = [
        { kind: 'begin', transaction: 1, region: 0 },
        { kind: 'write', transaction: 1, region: 1 },
      ];
      expect(bench.log()).toEqual(first);
      expect(areas[0].flying).toHaveLength(1);
      bench.write(1, 1);
      bench.tick(1);
      bench.run();
      expect(bench.log()).toEqual([
        ...first,
        { kind: 'begin', transaction: 2, region: 0 },
        { kind: 'write', transaction: 2, region: 1 },
      ]);
      expect(bench.recovered()).toMatchObject({ dirty: [1], active: 2 });
    },
  },

  acknowledgementTakesBoth: {
    shows: 'the acknowledgement, and nothing earlier, takes the location from the log and the update from its set',
    perform(bench) {
      const u = bench.write(0, 0);
      bench.run();
      expect(bench.recovered()).toMatchObject({ dirty: [0], active: 1 });
      // Complete on one area, complete on both and not flushed: no acknowledgement.
      bench.world.take({ do: 'end', device: 'S', version: u });
      expect(bench.updateSet(0)).toBe(1);
      bench.world.take({ do: 'end', device: 'P', version: u });
      expect(bench.updateSet(0)).toBe(1);
      expect(bench.log().map((r) => r.kind)).toEqual(['begin', 'write']);
      bench.run('P', 'S');
      bench.tick(1);
      bench.run('P', 'S');
      expect([bench.updateIds(0), bench.updateSet(0)]).toEqual([[], 0]);
      expect(bench.log().at(-1)).toEqual({ kind: 'release', transaction: 1, region: 0 });
      expect(bench.recovered().dirty).toEqual([]);
      // Claim 4 says "each active transaction". Read safely: each that has no other unacknowledged update to the
      // location.
      const second = bench.write(1, 0);
      bench.run();
      bench.write(2, 0);
      bench.tick(1);
      bench.acknowledge(second);
      expect(bench.updateSet(0)).toBe(1);
      expect(bench.recovered().dirty, 'the last update is in flight').toEqual([0]);
    },
  },

  completionIsRecorded: {
    shows: 'a transaction gets its completion record when it is closed and has nothing left in the log, not earlier',
    perform(bench) {
      const u = bench.write(0, 0);
      bench.run();
      bench.close(0);
      bench.run();
      expect(bench.log().map((r) => r.kind)).toEqual(['begin', 'write']);
      expect(bench.recovered().active).toBe(1);
      bench.acknowledge(u);
      expect(bench.log().slice(2)).toEqual([{ kind: 'complete', transaction: 1, region: 0 }]);
      expect(bench.recovered()).toMatchObject({ dirty: [], active: 0 });
    },
  },

  completionFreesLogSpace: {
    shows:
      "the tail passes a completed transaction, so that its blocks are used again, and never an active transaction's",
    perform(bench) {
      const { ringBlocks } = bench.world.stage.layout;
      const before = bench.recovered().tail;
      // Far more transactions than the ring has blocks.
      for (let i = 0; i < ringBlocks; i++) {
        const u = bench.write(0, i % 2);
        bench.run();
        bench.close(0);
        bench.acknowledge(u);
      }
      const { tail } = bench.recovered();
      expect(tail).toBeGreaterThan(before + ringBlocks);
      const { pressureMarks, pressureDrops } = bench.world.core.counters;
      expect([pressureMarks, pressureDrops]).toEqual([0, 0]);
      bench.write(2, 0);
      bench.run();
      for (let i = 0; i < 3; i++) {
        const u = bench.write(0, 1);
        bench.run();
        bench.close(0);
        bench.acknowledge(u);
      }
      expect(bench.recovered().dirty, 'the active transaction').toEqual([0]);
    },
  },

  emptySetResetsTheIndicator: {
    shows: 'the last update that leaves the set resets the indicator, and no update before it',
    perform(bench) {
      const first = bench.write(0, 0);
      bench.run();
      const second = bench.write(1, 0);
      bench.tick(1);
      bench.acknowledge(first);
      expect(bench.indicator(0), 'one update is left').toBe(true);
      bench.acknowledge(second);
      expect(bench.indicator(0)).toBe(false);
      expect(bench.world.areas[0].possible(0)).toBe(bench.world.areas[1].possible(0));
    },
  },

  noAcknowledgementPersistsTheIndicator: {
    shows: 'without an acknowledgement the indicator is written to the persistent area: S has lost its power',
    perform: (bench) => withoutAcknowledgement(bench, { do: 'cut', device: 'S' }),
  },

  theIndicatorSynchronizes: {
    shows: 'after a crash exactly the location of the persistent indicator is copied, and both areas are equal',
    perform(bench) {
      const { world } = bench;
      bench.write(0, 0);
      world.take({ do: 'cut', device: 'S' });
      bench.run('P', 'S');
      bench.tick(3);
      bench.run('P', 'S');
      world.take({ do: 'crash', primary: 'lost', journal: [] });
      bench.run('P', 'S');
      expect(world.core.awaitingRegions).toBe(1);
      expect(world.areas[0].possible(0)).not.toBe(world.areas[1].possible(0));
      world.take({ do: 'resync' });
      bench.run('P', 'S');
      expect(world.areas[0].possible(0)).toBe(world.areas[1].possible(0));
      expect(world.core.counters.copies).toBe(1);
      expect(bench.recovered().dirty).toEqual([]);
      expect(bench.indicator(0)).toBe(false);
    },
  },
};

export const OTHER_TROUBLES: readonly [string, Trouble][] = [
  ['its write to S failed', { do: 'fail', device: 'S' }],
  ['its acknowledgement timeout is over', { do: 'tick', ms: ACK_TIMEOUT_MS }],
];
