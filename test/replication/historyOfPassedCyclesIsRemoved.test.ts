/**
 * Promise: the size of the history is bounded, however long a campaign is. A cycle that did not pass keeps its records
 * and those of the cycles around it. Each file replays alone, also after the bench was killed at any moment.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HistoryFile, KEPT_FAILURES_MAX } from '../../src/replication/worker/historyFile.js';
import type { ReplicationSpec, HistoryChange, KeepHistory } from '../../src/replication/replicationEngine.js';
import { replayHistory } from '../../src/judge/history/replay.js';
import { blocksOf } from '../judge/ledger.js';

const BLOCK = 4096;
const BLOCKS = 64;
const FILE_BYTES = 16 * 1024;
/** The records of one cycle fill a quarter of a file. */
const UPDATES_A_CYCLE = 25;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'plugpull-kept-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const names = (): string[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.bin'))
    .sort();
const cycleOf = (name: string): number => Number(/cycle-(\d+)/.exec(name)![1]);
const bytesThere = (): number => names().reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);

interface Ran {
  file: HistoryFile;
  changes: HistoryChange[];
  /** The largest size of all files at the start of a cycle. */
  peakBytes: number;
}

/** Runs the cycles and closes nothing, as when the bench dies after the last one. */
function run(cycles: number, keep: KeepHistory, failing: readonly number[] = []): Ran {
  const file = new HistoryFile();
  file.open(
    { runId: 1, historyDir: dir, keepHistory: keep, historyFileBytes: FILE_BYTES } as ReplicationSpec,
    BLOCKS * BLOCK,
  );
  const changes: HistoryChange[] = [];
  let peakBytes = 0;
  for (let cycle = 0, update = 1; cycle < cycles; cycle++) {
    changes.push(file.beginCycle(cycle, cycle === 0 ? null : !failing.includes(cycle - 1)));
    peakBytes = Math.max(peakBytes, keep === 'none' ? 0 : bytesThere());
    for (let i = 0; i < UPDATES_A_CYCLE; i++, update++) oneUpdate(file, update);
    file.recorder!.drain();
  }
  return { file, changes, peakBytes };
}

function oneUpdate(file: HistoryFile, update: number): void {
  const { recorder } = file;
  const offset = (update % BLOCKS) * BLOCK;
  recorder!.issued('primary', update, offset, BLOCK);
  recorder!.completed('primary', update, offset, BLOCK, true);
  recorder!.answered(update, offset, BLOCK);
  if (update % 8 === 0) recorder!.flushCompleted('primary', recorder!.flushSubmitted('primary'), true);
}

describe('keepHistory: failures', () => {
  it('needs no more space for ten times the cycles, and the newest file replays to the current history', () => {
    const short = run(60, 'failures');
    short.file.close();
    rmSync(dir, { recursive: true });
    const { file, changes, peakBytes } = run(600, 'failures');
    expect(peakBytes).toBeLessThanOrEqual(short.peakBytes + BLOCK);
    const removed = changes.flatMap(({ pruned }) => pruned);
    expect(removed.reduce((sum, p) => sum + p.lastCycle - p.firstCycle + 1, 0)).toBe(cycleOf(names()[0]!));
    const { history } = replayHistory(readFileSync(join(dir, names().at(-1)!)));
    const live = file.recorder!.history;
    expect(blocksOf(history, 'primary')).toEqual(blocksOf(live, 'primary'));
    file.close();
  });

  it('keeps the file of a cycle that did not pass, the file before and the file after it', () => {
    const failing = 50;
    const { file, changes } = run(200, 'failures', [failing]);
    file.close();
    const kept = names().map(cycleOf);
    const own = Math.max(...kept.filter((first) => first <= failing));
    expect(changes[failing]!.file).toBe(names()[kept.indexOf(own)]);
    expect(kept.filter((first) => first < own)).toHaveLength(1);
    // The file after a failure starts with the next cycle. Then follow removed files, and the newest two.
    expect(kept).toContain(failing + 1);
    expect(kept).toHaveLength(5);
    for (const name of names()) expect(replayHistory(readFileSync(join(dir, name))).tornBytes).toBe(0);
  });

  it('keeps a bounded number of files also when every cycle fails', () => {
    const { file } = run(
      300,
      'failures',
      Array.from({ length: 300 }, (_, i) => i),
    );
    file.close();
    expect(names().length).toBeLessThanOrEqual(KEPT_FAILURES_MAX + 4);
  });
});

it('keepHistory: all keeps every record; keepHistory: none writes no file', () => {
  run(100, 'all').file.close();
  expect(names().map(cycleOf)).toEqual([0]);
  expect(replayHistory(readFileSync(join(dir, names()[0]!))).history.newestId).toBe(100 * UPDATES_A_CYCLE);
  rmSync(dir, { recursive: true });
  const { file, changes } = run(10, 'none');
  expect(changes.every((change) => change.file === null)).toBe(true);
  expect(file.recorder!.history.newestId).toBe(10 * UPDATES_A_CYCLE);
  expect(() => readdirSync(dir)).toThrow();
});

it('a bench that is killed at any moment leaves files that replay, the newest up to its last records', async () => {
  const script = new URL('./historyWriter.mjs', import.meta.url).pathname;
  for (const ms of [0, 3, 7, 20, 55]) {
    const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    // The script prints a line once it has removed the first file.
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, ms));
    child.kill('SIGKILL');
    await exited;
    expect(names().length).toBeGreaterThanOrEqual(1);
    const ends = names().map((name) => replayHistory(readFileSync(join(dir, name))).history.newestId);
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
    expect(ends.at(-1)).toBeGreaterThan(0);
    rmSync(dir, { recursive: true });
  }
});
