/** For tests of `plugpull bench`: a folder for its temporary files, so that a test sees which of them stay behind. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export interface Figure {
  median: number;
  min: number;
  max: number;
  spread: number;
}

/** Call at the top of a test file. */
export function useTempFolder() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'plugpull-bench-test-')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    env: { TMPDIR: folder },
    files: (): string[] => readdirSync(folder),
    /** Loop devices over files that are or were in the folder. */
    loops: (): string[] =>
      execFileSync('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE'], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes(folder)),
  };
}

/** Whether fio is installed. */
export function hasFio(): boolean {
  try {
    execFileSync('fio', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** Paths of the figures in a result that are not 0 <= min <= median <= max. A correct result has none. */
export function senselessFigures(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { median, min, max, spread } = value as Partial<Figure>;
  if (median !== undefined) {
    const good =
      [median, min, max, spread].every((n) => typeof n === 'number' && Number.isFinite(n) && n >= 0) &&
      min! <= median &&
      median <= max!;
    return good ? [] : [`${path}: ${JSON.stringify(value)}`];
  }
  return Object.entries(value).flatMap(([key, inner]) => senselessFigures(inner, `${path}.${key}`));
}
