/** A file that begins with a checkpoint replays, alone, to the same ledger as all events together. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WriteHistory } from '../../src/judge/history/history.js';
import { HistoryRecorder } from '../../src/judge/history/recorder.js';
import { replayHistory } from '../../src/judge/history/replay.js';
import { AREAS, BLOCK, BLOCKS, Driver, step } from './historyDriver.js';

/** The last block is short, as on a disk whose size is no multiple of 4096 bytes. */
const USABLE_BYTES = BLOCKS * BLOCK - 512;

function recorder(): { driver: Driver; files: Uint8Array[][]; next: () => void } {
  const files: Uint8Array[][] = [[]];
  const sinkTo = (file: Uint8Array[]) => (bytes: Uint8Array) => void file.push(bytes.slice());
  const history = new WriteHistory({ usableBytes: USABLE_BYTES, runId: 77, base: 'unknown' });
  const driver = new Driver(new HistoryRecorder(history, sinkTo(files[0]!)), USABLE_BYTES);
  const next = (): void => {
    files.push([]);
    driver.history.continueIn(sinkTo(files.at(-1)!));
  };
  return { driver, files, next };
}

function expectEqual(found: WriteHistory, wanted: WriteHistory): void {
  for (const area of AREAS) {
    for (const field of ['durable', 'issued', 'damaged', 'marks'] as const) {
      expect([...found.area(area)[field]], `${area} ${field}`).toEqual([...wanted.area(area)[field]]);
    }
  }
  expect([...found.acknowledged]).toEqual([...wanted.acknowledged]);
  expect(found.newestId).toBe(wanted.newestId);
  expect(found.content).toBe(wanted.content);
}

it('after any events before and after the checkpoint', () => {
  const part = fc.array(step, { maxLength: 60, size: 'max' });
  fc.assert(
    fc.property(fc.array(part, { minLength: 2, maxLength: 4 }), (parts) => {
      const { driver, files, next } = recorder();
      parts.forEach((steps, i) => {
        if (i > 0) {
          driver.forgetInFlight();
          next();
        }
        for (const s of steps) driver.apply(s);
        driver.history.drain();
        const { history, tornBytes } = replayHistory(Buffer.concat(files.at(-1)!));
        expect(tornBytes).toBe(0);
        expectEqual(history, driver.history.history);
      });
    }),
    { numRuns: 150 },
  );
});

it('keeps the blocks that the history adopted, and the base content', () => {
  const { driver, files, next } = recorder();
  const { history } = driver;
  history.base('stamped');
  history.issued('secondary', 3, 0, 2 * BLOCK);
  history.completed('secondary', 3, 0, 2 * BLOCK, true);
  history.history.adoptBlock('primary', 5, { durable: 1, issued: 2, damaged: 0b101 });
  next();
  history.flushCompleted('secondary', history.flushSubmitted('secondary'), true);
  history.drain();
  const { history: found } = replayHistory(Buffer.concat(files[1]!));
  expectEqual(found, history.history);
  expect(found.area('primary').damaged[5]).toBe(0b101);
  expect(found.area('secondary').durable[1]).toBe(3);
});

it('is refused while I/O is in flight', () => {
  const { driver, next } = recorder();
  driver.history.issued('primary', 1, 0, BLOCK);
  expect(next).toThrow(/in flight/);
});
