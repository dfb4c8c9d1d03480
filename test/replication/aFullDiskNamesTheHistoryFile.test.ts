/**
 * Promise: when the disk of the history is full, the run ends with a code of its own, the name of the file and the fix.
 * The engine throws the error at a safe moment; closing does not throw it again, and the written records replay.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HistoryFile } from '../../src/replication/worker/historyFile.js';
import type { ReplicationSpec } from '../../src/replication/replicationEngine.js';
import { replayHistory } from '../../src/judge/history/replay.js';

const KIB = 1024;
/** The recorder writes 64 KiB at a time: there is no space for the second write. */
const ROOM_BYTES = 96 * KIB;
const UPDATES = 10_000;
const dir = mkdtempSync(join(tmpdir(), 'plugpull-history-'));
const isRoot = process.getuid?.() === 0;
const files: HistoryFile[] = [];

beforeAll(() => {
  if (isRoot) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${ROOM_BYTES}`, 'tmpfs', dir]);
});
afterAll(() => {
  for (const file of files) file.close();
  if (isRoot) execFileSync('umount', [dir]);
  rmSync(dir, { recursive: true });
});

it.skipIf(!isRoot)('a write without space throws ENGINE_HISTORY with the file and --out', () => {
  const file = new HistoryFile();
  files.push(file);
  file.open({ runId: 1, historyDir: join(dir, 'history') } as ReplicationSpec, 1024 * KIB);
  const recorder = file.recorder!;
  for (let update = 1; update < UPDATES; update++) recorder.issued('primary', update, 0, 4 * KIB);
  const full = expect.objectContaining({
    code: 'ENGINE_HISTORY',
    message: expect.stringMatching(/cycle-000000\.bin can't be written \(ENOSPC.*--out/),
  });
  expect(() => file.check()).toThrow(full);
  expect(() => file.beginCycle(1, true)).toThrow(full);

  recorder.powerLost('primary');
  recorder.forgetInFlight();
  recorder.drain();
  file.close();
  const { history, tornBytes } = replayHistory(readFileSync(join(dir, 'history', 'cycle-000000.bin')));
  expect(tornBytes).toBe(0);
  expect(history.newestId).toBeGreaterThan(0);
  expect(history.newestId).toBeLessThan(UPDATES);
});
