/** Each test file runs in exactly one suite, and the quick suite needs nothing that an unprivileged checkout lacks. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestProjectInlineConfiguration } from 'vitest/config';
import { testsOf } from '../../vitest.config.js';
import { isRunnable } from './skipsWithoutRoot.js';
import { QUICK_SECONDS, recordedDurations, suiteOf, SUITES, TEST_FOLDER, testFiles } from './suites.mjs';

const projects = (testsOf(true)?.projects ?? []) as TestProjectInlineConfiguration[];
const files = readdirSync(TEST_FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.test.ts'),
);

function textWithHelpers(path: string, seen = new Set<string>()): string {
  if (seen.has(path)) return '';
  seen.add(path);
  const text = readFileSync(join(TEST_FOLDER, path), 'utf8');
  const helpers = [...text.matchAll(/^(?:import|export|\}).*\bfrom '(\.[^']+)\.js';$/gm)]
    .map(([, specifier]) => normalize(join(dirname(path), `${specifier}.ts`)))
    .filter((target) => existsSync(join(TEST_FOLDER, target)) && !target.startsWith('..'));
  return [text, ...helpers.map((helper) => textWithHelpers(helper, seen))].join('\n');
}

describe('the projects in vitest.config.ts', () => {
  it('are the suites that package.json runs', () => {
    const { scripts } = JSON.parse(readFileSync(join(TEST_FOLDER, '../package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(projects.map(({ test }) => test?.name)).toEqual(SUITES);
    for (const suite of SUITES) expect(scripts[`test:${suite}`]).toBe(`vitest run --project ${suite}`);
    expect(scripts['test']).toBe('vitest run');
  });

  it('contain each test file once', () => {
    const included = projects.flatMap(({ test }) => test?.include ?? []);
    expect(included.toSorted()).toEqual(files.map((file) => `test/${file}`).toSorted());
  });

  it('are one project with each test file, when no suite is chosen', () => {
    const { projects, include } = testsOf(false) ?? {};
    expect(projects).toBeUndefined();
    expect(include?.toSorted()).toEqual(files.map((file) => `test/${file}`).toSorted());
  });

  it('none of them is empty', () => {
    for (const { test } of projects) expect(test?.include?.length, String(test?.name)).toBeGreaterThan(0);
  });
});

describe('the quick suite', () => {
  const durations = recordedDurations();
  const quick = files
    // The patterns below match this file too.
    .filter((file) => suiteOf(file, durations) === 'quick' && !file.startsWith('schedule/'))
    .map((file) => ({ file, text: textWithHelpers(file) }));
  const matching = (pattern: RegExp): string[] =>
    quick.filter(({ text }) => pattern.test(text)).map(({ file }) => file);

  it('has no file that makes loop devices, mounts, ptys or a virtual lab, or asks for root', () => {
    expect(matching(/losetup|useLoops|\bopenPty\b|\bstartLab\b|\blabUp\b|getuid|\/dev\/(loop|fuse)/)).toEqual([]);
  });

  it('has no file that runs the compiled program', () => {
    expect(matching(/dist\/cli|\/cli\.js'/)).toEqual([]);
  });

  it('has no test that may be skipped', () => {
    expect(matching(/\b(skipIf|runIf)\(|\.(skip|todo)\(/)).toEqual([]);
  });

  it('has no file that is known to be slow, and takes less than a minute on two cores', () => {
    const seconds = quick.map(({ file }) => durations[file]?.seconds ?? 0);
    expect(Math.max(...seconds)).toBeLessThanOrEqual(QUICK_SECONDS);
    expect(seconds.reduce((a, b) => a + b, 0)).toBeLessThan(90);
  });
});

describe('a file that needs root', () => {
  it.each(['blockdev/', 'lab/', 'gate/', 'campaign/', 'cli/'])('is in the suite `root`: %s has some', (folder) => {
    expect(testFiles().some((file) => file.startsWith(folder) && suiteOf(file) === 'root')).toBe(true);
  });

  it('is not loaded for another user, as the one runner of all tests decides; every other file is', () => {
    for (const file of testFiles()) {
      expect(isRunnable(file, 1000), file).toBe(suiteOf(file) !== 'root');
      expect(isRunnable(file, 0), file).toBe(true);
    }
    for (const choosesSuites of [true, false])
      expect(testsOf(choosesSuites)?.runner).toBe('test/schedule/skipsWithoutRoot.ts');
  });
});
