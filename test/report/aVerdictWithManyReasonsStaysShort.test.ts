/**
 * A cycle with many or long reasons gets a line of bounded length, with the number of further reasons and their file.
 */
import { expect, it } from 'vitest';
import { cycleLine } from '../../src/cli/progressText.js';
import { writeReportHtml } from '../../src/report/html.js';
import { writeJunit } from '../../src/report/junit.js';
import { summaryTable } from '../../src/report/summaryTable.js';
import { sampleCycle, sampleRun } from './sampleRun.js';

const REASONS = 60;
/** Three reasons of 240 characters, and the text around them. */
const LINE_CHARS_MAX = 1200;

const reasons = Array.from({ length: REASONS }, (_, i) => ({
  code: 'METADATA_ROT',
  rule: 'indicator-rot',
  text: `journal log, block ${i}: bad CRC\n${'x'.repeat(1000)}`,
}));
const damaged = sampleCycle(0, { verdict: 'FAIL', reasons });
const { run } = sampleRun();

it('on the terminal', () => {
  const line = cycleLine(damaged);
  expect(line.length).toBeLessThan(LINE_CHARS_MAX);
  expect(line).not.toContain('\n');
  expect(line).toMatch(/block 0: bad CRC .*block 2: .*… and 57 more \(cycles\.jsonl\)$/);
  const problems = summaryTable({ run, cycles: [damaged] })
    .split('\n')
    .filter((one) => one.startsWith('cycle 0: '));
  expect(problems).toHaveLength(4);
  expect(problems.at(-1)).toBe('cycle 0: … and 57 more (cycles.jsonl)');
  expect(Math.max(...problems.map(({ length }) => length))).toBeLessThan(LINE_CHARS_MAX);
});

it('in the reports', () => {
  const message = /<failure message="([^"]*)"/.exec(writeJunit({ run, cycles: [damaged] }))![1]!;
  expect(message.length).toBeLessThan(LINE_CHARS_MAX);
  expect(writeReportHtml({ run, cycles: [damaged] })).toContain('… and 40 more in cycles.jsonl');
});

it('a few short reasons are not shortened', () => {
  const line = cycleLine(
    sampleCycle(0, {
      verdict: 'FAIL',
      reasons: [{ code: 'RESYNC_SLOW', rule: 'campaign.limits.resync', text: '7 ms exceeds the limit of 5 ms' }],
    }),
  );
  expect(line).toMatch(/: RESYNC_SLOW \(7 ms exceeds the limit of 5 ms\)$/);
});

it('lost indicators that are not listed are counted', () => {
  const judge = {
    ...sampleCycle(0).judge!,
    lostIndicators: 5000,
    lostIndicatorRegions: Array.from({ length: 100 }, (_, i) => i),
  };
  expect(writeReportHtml({ run, cycles: [sampleCycle(0, { verdict: 'FAIL', judge })] })).toMatch(
    /Lost indicators, regions: 0, 1, .*39 … and 4960 more/,
  );
});
