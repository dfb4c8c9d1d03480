/**
 * The order of the test files: the longest first, by the last measurement, so that no long file runs alone at the end.
 * A file without a measurement may be long and comes before all others.
 */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { recordedDurations, TEST_FOLDER } from './suites.mjs';

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const durations = recordedDurations();
    const secondsOf = ({ moduleId }: TestSpecification): number =>
      durations[relative(TEST_FOLDER, moduleId)]?.seconds ?? Infinity;
    return files
      .map((file) => ({ file, seconds: secondsOf(file) }))
      .sort((a, b) => (a.seconds === b.seconds ? 0 : b.seconds - a.seconds))
      .map(({ file }) => file);
  }
}
