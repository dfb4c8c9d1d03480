/** A run directory from an untrusted source: no link in it is followed; only its owner may read what a run writes. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { UsageError } from '../../src/base/plugpullError.js';
import { readRunFile } from '../../src/cli/readRun.js';
import { RunDirectory } from '../../src/campaign/record/runDirectory.js';

const dir = mkdtempSync(join(tmpdir(), 'plugpull-links-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const outside = join(dir, 'outside');
writeFileSync(outside, 'secret');

it('a directory or a file that is a link, or no regular file, is refused', () => {
  const run = join(dir, 'run');
  mkdirSync(run);
  symlinkSync(outside, join(run, 'run.json'));
  symlinkSync('/dev/zero', join(run, 'cycles.jsonl'));
  mkdirSync(join(run, 'rig.yaml'));
  symlinkSync(run, join(dir, 'link'));
  const refusal = (path: string, name: string): string => {
    try {
      return readRunFile(path, name);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      return (error as Error).message;
    }
  };
  expect(refusal(run, 'run.json')).toMatch(/run\.json is a symbolic link/);
  expect(refusal(run, 'cycles.jsonl')).toMatch(/cycles\.jsonl is a symbolic link/);
  expect(refusal(run, 'rig.yaml')).toMatch(/not a regular file/);
  expect(refusal(join(dir, 'link'), 'run.json')).toMatch(/link is a symbolic link/);
  expect(refusal(join(dir, 'nowhere'), 'run.json')).toMatch(/does not exist/);
});

it('files are created with mode 0600 whatever the umask, and never through a link', () => {
  const umask = process.umask(0);
  try {
    const run = RunDirectory.create(join(dir, 'own'));
    symlinkSync(outside, join(run.path, 'run.json.new'));
    run.write('run.json', 'mine');
    run.lines('events.jsonl').append({}, true);
    for (const name of ['', 'run.json', 'events.jsonl', 'history'])
      expect(statSync(join(run.path, name)).mode & 0o077, name).toBe(0);
    expect(() => RunDirectory.create(join(dir, 'link'))).toThrow(/symbolic link/);
  } finally {
    process.umask(umask);
  }
  expect(readFileSync(outside, 'utf8')).toBe('secret');
});
