/**
 * Measures all tests and writes what it measured to durations.json and docs/TESTS.md.
 *
 *   npm run test:times                                   runs all tests, then records
 *   node test/schedule/times.mjs RESULTS.json [CPU]      records an earlier run: vitest's JSON report, and the file that
 *                                                        PLUGPULL_TEST_CPU_FILE named
 *   node test/schedule/times.mjs --page                  writes the page again, and forgets files that no longer exist
 *
 * A file that the run does not contain keeps its earlier measurement.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { argv, env, exit, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { DURATIONS_FILE, recordedDurations, suiteOf, SUITES, TEST_FOLDER, testFiles } from './suites.mjs';

const ROOT = join(TEST_FOLDER, '..');
export const PAGE_FILE = join(ROOT, 'docs/TESTS.md');

const tenth = (value) => Math.round(value * 10) / 10;

/** Durations by test file, from vitest's JSON report and the CPU records of measureCpu.ts. */
export function durationsOf(report, cpuRecords) {
  const cpu = new Map(cpuRecords.map(({ file, cpuSeconds }) => [file, cpuSeconds]));
  const rows = report.testResults.map(({ name, startTime, endTime, assertionResults }) => {
    const file = relative(TEST_FOLDER, name);
    const seconds = tenth((endTime - startTime) / 1000);
    return [file, { seconds, cpuSeconds: cpu.has(file) ? tenth(cpu.get(file)) : null, tests: assertionResults.length }];
  });
  return Object.fromEntries(rows);
}

/** The newer measurement of each file that exists, in the order of the names. */
export function merged(older, newer, files) {
  const all = { ...older, ...newer };
  return Object.fromEntries(files.filter((file) => all[file] !== undefined).map((file) => [file, all[file]]));
}

function durationsText(durations) {
  const rows = Object.entries(durations).map(([file, { seconds, cpuSeconds, tests }]) => {
    return `  "${file}": { "seconds": ${seconds}, "cpuSeconds": ${cpuSeconds}, "tests": ${tests} }`;
  });
  return `{\n${rows.join(',\n')}\n}\n`;
}

const CLASSES = [
  [10, 'under 10 s'],
  [60, 'under 1 min'],
  [180, 'under 3 min'],
  [600, 'under 10 min'],
];

export function timeClass(seconds) {
  return CLASSES.find(([limit]) => seconds < limit)?.[1] ?? 'over 10 min';
}

const sumOf = (files, durations) => files.reduce((sum, file) => sum + (durations[file]?.seconds ?? 0), 0);

/** The page with the last column of each row of its two tables (suites, folders) computed again. */
export function pageWithTimes(page, durations, files) {
  const suites = new Map(files.map((file) => [file, suiteOf(file, durations)]));
  const cellOf = (name) => {
    if (SUITES.includes(name))
      return timeClass(
        sumOf(
          [...suites.keys()].filter((file) => suites.get(file) === name),
          durations,
        ),
      );
    const inside = files.filter((file) => file.startsWith(`${name}/`));
    if (inside.length === 0) return null;
    const used = SUITES.filter((suite) => inside.some((file) => suites.get(file) === suite));
    return `${timeClass(sumOf(inside, durations))}: ${used.join(', ')}`;
  };
  return page.replace(/^\| `([\w-]+)\/?` \|.*\|$/gm, (row, name) => {
    const time = cellOf(name);
    return time === null ? row : `${row.split('|').slice(0, -2).join('|')}| ${time} |`;
  });
}

function writePage(durations) {
  writeFileSync(PAGE_FILE, pageWithTimes(readFileSync(PAGE_FILE, 'utf8'), durations, testFiles()));
}

function record(reportFile, cpuFile) {
  const lines = cpuFile !== undefined && existsSync(cpuFile) ? readFileSync(cpuFile, 'utf8').split('\n') : [];
  const cpuRecords = lines.filter(Boolean).map((line) => JSON.parse(line));
  const measured = durationsOf(JSON.parse(readFileSync(reportFile, 'utf8')), cpuRecords);
  const durations = merged(recordedDurations(), measured, testFiles());
  writeFileSync(DURATIONS_FILE, durationsText(durations));
  writePage(durations);
  const seconds = Math.round(sumOf(Object.keys(measured), measured));
  stdout.write(`${Object.keys(measured).length} test files, ${seconds} s in all: ${DURATIONS_FILE}, ${PAGE_FILE}\n`);
}

/** Returns vitest's exit code; a run with failures is recorded as well. */
function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'plugpull-times-'));
  const [report, cpu] = [join(folder, 'report.json'), join(folder, 'cpu')];
  try {
    const run = spawnSync(
      'npx',
      ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      {
        cwd: ROOT,
        stdio: 'inherit',
        env: { ...env, PLUGPULL_TEST_CPU_FILE: cpu },
      },
    );
    if (existsSync(report)) record(report, cpu);
    return run.status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [, , first, cpuFile] = argv;
  if (first === undefined) exit(measure());
  else if (first === '--page') {
    const durations = merged(recordedDurations(), {}, testFiles());
    writeFileSync(DURATIONS_FILE, durationsText(durations));
    writePage(durations);
  } else record(first, cpuFile);
}
