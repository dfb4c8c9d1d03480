import { describe, expect, it } from 'vitest';
import { JudgeError } from '../../src/judge/errors.js';
import { WriteHistory } from '../../src/judge/history/history.js';
import { HISTORY_HEADER_BYTES, HISTORY_RECORD_BYTES } from '../../src/judge/history/fileFormat.js';
import { replayHistory } from '../../src/judge/history/replay.js';
import { HistoryRecorder } from '../../src/judge/history/recorder.js';
import { blockOf } from './ledger.js';

function recorded(): Buffer {
  const chunks: Uint8Array[] = [];
  const history = new WriteHistory({ usableBytes: 64 * 4096 + 512, runId: 5, base: 'unknown' });
  const recorder = new HistoryRecorder(history, (bytes) => chunks.push(bytes.slice()));
  for (let id = 1; id <= 40; id++) {
    recorder.issued('primary', id, id * 4096, 4096);
    recorder.completed('primary', id, id * 4096, 4096, true);
  }
  recorder.flushCompleted('primary', recorder.flushSubmitted('primary'), true);
  recorder.drain();
  return Buffer.concat(chunks);
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof JudgeError) return error.code;
    throw error;
  }
  return 'none';
}

describe('the history file', () => {
  it('replays to the same ledger', () => {
    const { history, tornBytes } = replayHistory(recorded());
    expect(tornBytes).toBe(0);
    expect([history.runId, history.usableBytes, history.content]).toEqual([5, 64 * 4096 + 512, 'unknown']);
    expect(blockOf(history, 'primary', 40).durable).toBe(40);
    expect(blockOf(history, 'primary', 41).durable).toBe(0);
  });

  it('discards a torn last record', () => {
    const bytes = recorded();
    const { history, tornBytes } = replayHistory(bytes.subarray(0, bytes.length - 1));
    expect(tornBytes).toBe(HISTORY_RECORD_BYTES - 1);
    expect(blockOf(history, 'primary', 40).durable).toBe(0);
    expect(blockOf(history, 'primary', 40).issued).toBe(40);
  });

  it('is refused if any byte is damaged', () => {
    const bytes = recorded();
    for (let at = 0; at < HISTORY_HEADER_BYTES + 3 * HISTORY_RECORD_BYTES; at++) {
      if (at >= 36 && at < HISTORY_HEADER_BYTES) continue; // reserved
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x40;
      expect(
        codeOf(() => replayHistory(damaged)),
        `byte ${at}`,
      ).toBe('HISTORY_LOG_BAD');
    }
    expect(codeOf(() => replayHistory(bytes.subarray(0, 20)))).toBe('HISTORY_LOG_BAD');
  });
});

describe('an impossible event is refused:', () => {
  it.each<[string, (h: WriteHistory) => void, string]>([
    ['completion of a write never issued', (h) => h.completed('primary', 1, 0, 4096, true), 'HISTORY_MISFED'],
    [
      'completion on the other area',
      (h) => (h.issued('primary', 1, 0, 4096), h.durableCompleted('secondary', 1, 0, 4096)),
      'HISTORY_MISFED',
    ],
    ['a flush that was not submitted', (h) => h.flushCompleted('primary', 1, true), 'HISTORY_MISFED'],
    ['a part of a block', (h) => h.issued('primary', 1, 0, 512), 'HISTORY_RANGE'],
    ['a shifted block', (h) => h.issued('primary', 1, 512, 4096), 'HISTORY_RANGE'],
    ['beyond the end', (h) => h.answered(1, 8192, 8192), 'HISTORY_RANGE'],
  ])('%s', (_, feed, code) => {
    expect(codeOf(() => feed(new WriteHistory({ usableBytes: 8192 + 512, runId: 1 })))).toBe(code);
  });

  it('(but the short block at the end of an area is accepted)', () => {
    const history = new WriteHistory({ usableBytes: 8192 + 512, runId: 1 });
    history.copyIssued(4096, 4096 + 512);
    history.copyDurable(4096, 4096 + 512);
    expect(history.blockCount).toBe(3);
  });
});
