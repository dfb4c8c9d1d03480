import { describe, expect, it } from 'vitest';
import { summaryTable } from '../../src/report/summaryTable.js';
import { sampleRun } from './sampleRun.js';

describe('the table for the terminal', () => {
  const lines = summaryTable(sampleRun()).split('\n');

  it('has a line for each cycle, with aligned columns', () => {
    expect(lines.slice(0, 4)).toEqual([
      'cycle  rails  during  proof   latency  dirty  lost  recovery  resync     bytes      rate  verdict',
      '    0  P+S    load    device  14.3 ms     40     0   3.50 ms  125 ms  2.50 MiB  20 MiB/s  PASS',
      '    1  P+S    load    device  14.3 ms     40     1   3.50 ms  125 ms  2.50 MiB  20 MiB/s  FAIL',
      '    2  P+S    load    echo          –      –     –         –       –         –         –  INVALID',
    ]);
  });

  it('omits columns on a narrow terminal', () => {
    const narrow = summaryTable(sampleRun(), 80).split('\n').slice(0, 4);
    expect(narrow.every((line) => line.length <= 80)).toBe(true);
    expect(narrow[0]).toBe('cycle  rails  during  proof   dirty  lost  recovery  resync     bytes  verdict');
  });

  it('is followed by the reasons, the verdict and the command that runs it again', () => {
    expect(lines).toContain(
      'cycle 2: CUT_UNPROVEN (relay-lie): no device proves that the power was cut (best proof: echo)',
    );
    expect(lines.at(-2)).toBe(
      'FAIL: 1 passed, 1 failed, 1 invalid of 3 planned; failure rate below 97.5 % (95 % confidence)',
    );
    expect(lines.at(-1)).toBe("replay: plugpull replay 'runs/a b'");
  });

  it('says that a run was interrupted', () => {
    const { run } = sampleRun();
    expect(
      summaryTable({ run: { ...run, interrupted: true, troubles: ['rail S did not come back'] }, cycles: [] }),
    ).toMatch(/^interrupted$\n^rail S did not come back$/m);
  });
});
