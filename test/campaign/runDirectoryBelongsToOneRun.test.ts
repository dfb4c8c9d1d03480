/** Promise: a run directory is private, holds the files of one run, and is never reached through a symbolic link. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf } from '../../src/campaign/errors.js';
import { defaultRunPath, RunDirectory } from '../../src/campaign/record/runDirectory.js';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'plugpull-run-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function codeFrom(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return codeOf(error);
  }
  return 'none';
}

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('a run directory', () => {
  it('is readable only by its owner, and so are its files', () => {
    const dir = RunDirectory.create(join(base, 'new', 'run'));
    dir.write('run.json', '{}');
    const lines = dir.lines('cycles.jsonl');
    lines.append({ a: 1 }, true);
    lines.close();
    expect([mode(dir.path), mode(dir.historyDir), mode(dir.file('run.json')), mode(dir.file('cycles.jsonl'))]).toEqual([
      '700',
      '700',
      '600',
      '600',
    ]);
    expect(readFileSync(dir.file('cycles.jsonl'), 'utf8')).toBe('{"a":1}\n');
  });

  it('may exist before only as an empty directory', () => {
    mkdirSync(join(base, 'empty'));
    expect(codeFrom(() => RunDirectory.create(join(base, 'empty')))).toBe('none');
    mkdirSync(join(base, 'full'));
    writeFileSync(join(base, 'full', 'thesis.tex'), 'x');
    expect(codeFrom(() => RunDirectory.create(join(base, 'full')))).toBe('RUN_DIR_NOT_EMPTY');
    expect(codeFrom(() => RunDirectory.create(join(base, 'full', 'thesis.tex')))).toBe('RUN_DIR_NOT_EMPTY');
  });

  it('is refused behind a symbolic link, and so are its files', () => {
    mkdirSync(join(base, 'elsewhere'));
    symlinkSync(join(base, 'elsewhere'), join(base, 'link'));
    expect(codeFrom(() => RunDirectory.create(join(base, 'link')))).toBe('RUN_DIR_LINK');
    const dir = RunDirectory.create(join(base, 'run'));
    symlinkSync(join(base, 'victim'), dir.file('events.jsonl'));
    expect(codeFrom(() => dir.lines('events.jsonl'))).toBe('RUN_DIR_NOT_WRITABLE');
    expect(existsSync(join(base, 'victim'))).toBe(false);
  });

  it('replaces a file atomically', () => {
    const dir = RunDirectory.create(join(base, 'run'));
    dir.write('run.json', 'first');
    dir.write('run.json', 'second');
    expect(readFileSync(dir.file('run.json'), 'utf8')).toBe('second');
    expect(existsSync(dir.file('run.json.new'))).toBe(false);
  });

  it('removes its own files when the run is refused, and no file of others', () => {
    const dir = RunDirectory.create(join(base, 'run'));
    dir.write('rig.yaml', 'x');
    dir.discard();
    expect(existsSync(dir.path)).toBe(false);
    const used = RunDirectory.create(join(base, 'run'));
    writeFileSync(used.file('note.txt'), 'mine');
    used.discard();
    expect(readFileSync(used.file('note.txt'), 'utf8')).toBe('mine');
  });

  it('has a default name that sorts by time', () => {
    expect(defaultRunPath('bench', 7, Date.UTC(2026, 0, 31, 12))).toBe('runs/2026-01-31T12-00-00Z-bench-7');
  });
});

describe.skipIf(process.getuid?.() !== 0)('a full file system (needs root: a tmpfs of 1 MiB)', () => {
  it('is reported before the run begins, with the path and the option to use', () => {
    const mount = join(base, 'tiny');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]);
    try {
      const create = (): unknown => RunDirectory.create(join(mount, 'run'));
      expect(codeFrom(create)).toBe('RUN_DIR_FULL');
      expect(existsSync(join(mount, 'run'))).toBe(false);
      expect(create).toThrow(/no space left for .*tiny\/run.*--out/);
    } finally {
      execFileSync('umount', [mount]);
    }
  });
});
