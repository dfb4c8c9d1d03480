/** Promise: a history that finds no room ends the run with a code of its own, the file's name and what to do. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HistoryFile } from '../../src/engine/historyFile.js';
import type { EngineSpec } from '../../src/engine/port.js';

const KIB = 1024;
/** The recorder hands over 64 KiB at a time. */
const ROOM_BYTES = 32 * KIB;
const dir = mkdtempSync(join(tmpdir(), 'plugpull-history-'));
const isRoot = process.getuid?.() === 0;

beforeAll(() => {
  if (isRoot) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${ROOM_BYTES}`, 'tmpfs', dir]);
});
afterAll(() => {
  if (isRoot) execFileSync('umount', [dir]);
  rmSync(dir, { recursive: true });
});

test.skipIf(!isRoot)('no space left', () => {
  const file = new HistoryFile();
  file.open({ runId: 1, historyDir: join(dir, 'history') } as EngineSpec, 1024 * KIB);
  const recorder = file.recorder!;
  const fill = (): void => {
    for (let update = 1; update < 10_000; update++) recorder.issued('primary', update, 0, 4 * KIB);
  };
  expect(fill).toThrow(expect.objectContaining({ code: 'ENGINE_HISTORY', message: expect.stringMatching(/history\.bin can't be written \(ENOSPC.*--out/) }));
  file.close();
});
