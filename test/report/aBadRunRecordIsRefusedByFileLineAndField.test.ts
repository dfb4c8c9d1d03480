import { describe, expect, it } from 'vitest';
import { ReportError, parseCycles, parseRun } from '../../src/report/parseRun.js';
import { sampleCycle, sampleRun } from './sampleRun.js';

describe('reading a run back', () => {
  const { run, cycles } = sampleRun();
  const lines = cycles.map((c) => `${JSON.stringify(c)}\n`).join('');

  it('returns what was written', () => {
    expect(parseRun(JSON.stringify(run), lines)).toEqual({ run, cycles });
  });

  it('skips a torn last line', () => {
    expect(parseCycles(lines + JSON.stringify(sampleCycle(3)).slice(0, 100))).toEqual(cycles);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['not JSON', () => parseRun('{', ''), /run\.json: not JSON/],
    ['another version', () => parseRun(JSON.stringify({ ...run, schemaVersion: 2 }), ''), /run\.json: schemaVersion: /],
    [
      'a missing field',
      () => parseCycles(`${lines}${JSON.stringify({ ...sampleCycle(3), verdict: undefined })}\n`),
      /cycles\.jsonl line 4: verdict: /,
    ],
    [
      'a wrong field within',
      () => parseCycles(`${JSON.stringify(sampleCycle(0, { rails: [1 as unknown as string] }))}\n`),
      /line 1: rails\.0: /,
    ],
  ])('names %s', (_, read, message) => {
    expect(read).toThrow(ReportError);
    expect(read).toThrow(message);
  });
});
