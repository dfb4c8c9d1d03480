/** A file that begins with a checkpoint replays, alone, to the same ledger as all events together. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BLOCK_MARK } from '../../src/judge/history/areaHistory.js';
import { encodeHeader, encodeRecord, HISTORY_KIND, HISTORY_RECORD_BYTES } from '../../src/judge/history/fileFormat.js';
import { WriteHistory } from '../../src/judge/history/history.js';
import { HistoryRecorder } from '../../src/judge/history/recorder.js';
import { replayHistory } from '../../src/judge/history/replay.js';
import { AREAS, BLOCK, BLOCKS, Driver, step } from './historyDriver.js';
import { blockOf, blocksOf } from './ledger.js';

/** 32 TiB: the last blocks are in two pages of the ledger. The last one is short, as on many disks. */
const USABLE_BYTES = (2 ** 33 + 6) * BLOCK - 512;

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
  for (const area of AREAS) expect(blocksOf(found, area, BLOCKS), area).toEqual(blocksOf(wanted, area, BLOCKS));
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
  expect(blockOf(found, 'primary', 5).damaged).toBe(0b101);
  expect(blockOf(found, 'secondary', 1).durable).toBe(3);
});

it('is refused while I/O is in flight', () => {
  const { driver, next } = recorder();
  driver.history.issued('primary', 1, 0, BLOCK);
  expect(next).toThrow(/in flight/);
});

it('of an earlier version may have marks of blocks that were never written: they take no memory', () => {
  const [blocks, written] = [2 ** 24, 70];
  const records = [
    { kind: HISTORY_KIND.blocks, a: 3, b: 4, first: written, count: 1 },
    { kind: HISTORY_KIND.marks, a: BLOCK_MARK.touched, b: 0, first: 0, count: blocks },
  ] as const;
  const bytes = new Uint8Array(HISTORY_RECORD_BYTES * records.length);
  records.forEach(({ kind, a, b, first, count }, i) => {
    const range = { offsetBytes: first * BLOCK, lengthBytes: count * BLOCK };
    const record = { kind, area: 'secondary', ok: false, damaged: 0, a, b, ...range } as const;
    encodeRecord(bytes, new DataView(bytes.buffer), i * HISTORY_RECORD_BYTES, record);
  });
  const header = encodeHeader({ runId: 77, usableBytes: blocks * BLOCK, base: 'unknown' });
  const { history } = replayHistory(Buffer.concat([header, bytes]));
  expect(history.area('secondary').pageCount).toBe(1);
  const touched = { durable: 3, issued: 4, damaged: 0, marks: BLOCK_MARK.touched, acknowledged: 0 };
  expect(blockOf(history, 'secondary', written)).toEqual(touched);
  expect(blockOf(history, 'secondary', written + 1).marks).toBe(0);
});
