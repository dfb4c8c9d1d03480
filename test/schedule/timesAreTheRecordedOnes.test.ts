/** docs/TESTS.md shows the recorded times, and the longest files start first. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { TestSpecification, Vitest } from 'vitest/node';
import { LongestFirst } from './longestFirst.js';
import { recordedDurations, TEST_FOLDER, testFiles } from './suites.mjs';
import { durationsOf, merged, PAGE_FILE, pageWithTimes, timeClass } from './times.mjs';

const UPDATE = 'run: npm run test:times, or without a measurement: node test/schedule/times.mjs --page';

it('docs/TESTS.md shows the recorded times', () => {
  const page = readFileSync(PAGE_FILE, 'utf8');
  expect(pageWithTimes(page, recordedDurations(), testFiles()), UPDATE).toBe(page);
});

it('docs/TESTS.md has a row for each folder', () => {
  const rows = [...readFileSync(PAGE_FILE, 'utf8').matchAll(/^\| `([\w-]+)\/` \|/gm)].map(([, folder]) => folder);
  const folders = readdirSync(TEST_FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(rows).toEqual(folders.map(({ name }) => name).toSorted());
});

it('every recorded file exists', () => {
  const files = new Set(testFiles());
  expect(
    Object.keys(recordedDurations()).filter((file) => !files.has(file)),
    UPDATE,
  ).toEqual([]);
});

it('a record holds seconds, CPU seconds and tests of each file that ran, and keeps the others', () => {
  const name = join(TEST_FOLDER, 'base/a.test.ts');
  const report = { testResults: [{ name, startTime: 1000, endTime: 3460, assertionResults: [{}, {}] }] };
  const measured = durationsOf(report, [{ file: 'base/a.test.ts', cpuSeconds: 1.26 }]);
  expect(measured).toEqual({ 'base/a.test.ts': { seconds: 2.5, cpuSeconds: 1.3, tests: 2 } });
  expect(durationsOf(report, [])['base/a.test.ts']?.cpuSeconds).toBeNull();
  const earlier = { seconds: 9, cpuSeconds: null, tests: 1 };
  const older = { 'base/a.test.ts': earlier, 'base/b.test.ts': earlier, 'base/gone.test.ts': earlier };
  expect(merged(older, measured, ['base/a.test.ts', 'base/b.test.ts', 'base/new.test.ts'])).toEqual({
    ...measured,
    'base/b.test.ts': earlier,
  });
});

it('a time class has its upper limit', () => {
  expect([9.9, 10, 59, 60, 599, 600].map(timeClass)).toEqual([
    'under 10 s',
    'under 1 min',
    'under 1 min',
    'under 3 min',
    'under 10 min',
    'over 10 min',
  ]);
});

it('the longest file starts first, after files that were never measured', async () => {
  const durations = Object.entries(recordedDurations()).sort(([, a], [, b]) => b.seconds - a.seconds);
  const [longest, shortest] = [durations[0][0], durations.at(-1)![0]];
  const given = [shortest, 'base/never.test.ts', longest].map((file) => ({ moduleId: join(TEST_FOLDER, file) }));
  const sorted = await new LongestFirst({} as Vitest).sort(given as TestSpecification[]);
  expect(sorted.map(({ moduleId }) => moduleId)).toEqual([given[1], given[2], given[0]].map((s) => s.moduleId));
});
