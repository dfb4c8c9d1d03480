import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WriteHistory } from '../../src/judge/history/history.js';
import { HistoryRecorder } from '../../src/judge/history/recorder.js';
import { replayHistory } from '../../src/judge/history/replay.js';
import { AREAS, BLOCK, BLOCKS, Driver, step } from './historyDriver.js';
import { blocksOf } from './ledger.js';

/** The blocks lie in one page, in two pages below 2^31, 2^32 and 2^38 blocks, or at the end of the largest area. */
const SIZES = [BLOCKS, 2 ** 31 + 5, 2 ** 32 + 7, 2 ** 38 + 3, 2 ** 41 - 1 - 26].map((blocks) => blocks * BLOCK);

it('the ledger follows from all events, and a replay of the file gives the same ledger', () => {
  fc.assert(
    fc.property(fc.constantFrom(...SIZES), fc.array(step, { maxLength: 120, size: 'max' }), (usableBytes, steps) => {
      const chunks: Uint8Array[] = [];
      const recorder = new HistoryRecorder(new WriteHistory({ usableBytes, runId: 77 }), (b) => chunks.push(b.slice()));
      const driver = new Driver(recorder, usableBytes);
      const { model } = driver;
      const { history } = driver.history;
      for (const s of steps) {
        driver.apply(s);
        for (const area of AREAS) {
          const states = blocksOf(history, area, BLOCKS);
          expect(states.map(({ durable }) => durable)).toEqual(states.map((_, b) => model.durable(area, b)));
          expect(states.map(({ issued }) => issued)).toEqual(states.map((_, b) => model.issued(area, b)));
          const answered = states.map((_, b) => (area === 'primary' ? model.acknowledged(b) : 0));
          expect(states.map(({ acknowledged }) => acknowledged)).toEqual(answered);
        }
      }
      driver.history.drain();
      const replayed = replayHistory(Buffer.concat(chunks));
      expect(replayed.tornBytes).toBe(0);
      for (const area of AREAS)
        expect(blocksOf(replayed.history, area, BLOCKS)).toEqual(blocksOf(history, area, BLOCKS));
    }),
    { numRuns: 150 },
  );
});
