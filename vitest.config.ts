import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { LongestFirst } from './test/schedule/longestFirst.js';
import { suiteOf, SUITES, testFiles, type Suite } from './test/schedule/suites.mjs';

// Where it is set, each of the thousand Node.js processes that the tests start reads all certificates of the host, which
// takes longer than the rest of its start. No test uses TLS.
delete process.env.NODE_EXTRA_CA_CERTS;

/** Test files at a time. Many of them wait most of the time, so that two processors are enough for three. */
const WORKERS_MAX = 3;

const include = (files: string[]): string[] => files.map((path) => `test/${path}`);

const suite = (name: Suite) => ({
  extends: true as const,
  test: { name, include: include(testFiles().filter((path) => suiteOf(path) === name)) },
});

/**
 * `choosesSuites`: each suite is a project. Otherwise all files are one project, because a process runs files of one
 * project only, and each process loads the modules that its files share.
 */
export const testsOf = (choosesSuites: boolean): ViteUserConfig['test'] => ({
  pool: 'forks',
  // Test files of one process share the loaded modules: loading them for each file took longer than many of the tests.
  isolate: false,
  runner: 'test/schedule/skipsWithoutRoot.ts',
  maxWorkers: WORKERS_MAX,
  sequence: { sequencer: LongestFirst },
  setupFiles: ['test/schedule/restoreEnvironment.ts', 'test/schedule/measureCpu.ts'],
  // Cases of one file that run side by side: each has a lab of its own, and the machines are small.
  maxConcurrency: 3,
  // For a hang only: on a busy machine each test takes ten times as long.
  testTimeout: 300_000,
  hookTimeout: 300_000,
  ...(choosesSuites ? { projects: SUITES.map(suite) } : { include: include(testFiles()) }),
});

export default defineConfig({ test: testsOf(process.argv.some((argument) => argument.startsWith('--project'))) });
