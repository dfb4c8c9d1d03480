import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WriteHistory } from '../../src/judge/history/history.js';
import { HistoryRecorder } from '../../src/judge/history/recorder.js';
import { replayHistory } from '../../src/judge/history/replay.js';
import { AREAS, BLOCK, BLOCKS, Driver, step } from './historyDriver.js';

it('the ledger follows from all events, and a replay of the file gives the same ledger', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const chunks: Uint8Array[] = [];
      const options = { usableBytes: BLOCKS * BLOCK, runId: 77 };
      const driver = new Driver(new HistoryRecorder(new WriteHistory(options), (bytes) => chunks.push(bytes.slice())));
      const { history } = driver.history;
      for (const s of steps) {
        driver.apply(s);
        for (const area of AREAS) {
          const blocks = Array.from({ length: BLOCKS }, (_, b) => b);
          expect([...history.area(area).durable]).toEqual(blocks.map((b) => driver.model.durable(area, b)));
          expect([...history.area(area).issued]).toEqual(blocks.map((b) => driver.model.issued(area, b)));
          expect([...history.acknowledged]).toEqual(blocks.map((b) => driver.model.acknowledged(b)));
        }
      }
      driver.history.drain();
      const replayed = replayHistory(Buffer.concat(chunks));
      expect(replayed.tornBytes).toBe(0);
      for (const area of AREAS) {
        expect(replayed.history.area(area).durable).toEqual(history.area(area).durable);
        expect(replayed.history.area(area).issued).toEqual(history.area(area).issued);
        expect(replayed.history.area(area).marks).toEqual(history.area(area).marks);
      }
      expect(replayed.history.acknowledged).toEqual(history.acknowledged);
    }),
    { numRuns: 150 },
  );
});
