/** The table of phases, in the text and on the page. */
import { describe, expect, it } from 'vitest';
import { writeReportHtml } from '../../src/report/html.js';
import { summaryTable } from '../../src/report/summaryTable.js';
import type { Run } from '../../src/report/runRecord.js';
import { NASTY, sampleRun } from './sampleRun.js';

const timed = (name: string, medianMs: number, totalMs: number, cpuMs: number) => ({
  name,
  count: 2,
  medianMs,
  totalMs,
  cpuMs,
});

function timedRun(): Run {
  const { run, cycles } = sampleRun();
  const times = {
    cycles: 2,
    cyclesMs: 2000,
    phases: [
      { ...timed('load', 240, 500, 100), bound: { by: 'profile' as const, medianMs: 200 } },
      { ...timed('cut', 100, 200, 2), bound: { by: 'boards' as const, medianMs: 98 } },
      { ...timed('dark', 150, 300, 6), bound: { by: 'profile' as const, medianMs: 150 } },
      { ...timed('restore', 110, 220, 0), bound: { by: 'boards' as const, medianMs: 20 } },
      { ...timed('identify', 40, 80, 8), bound: null },
      { ...timed('judge', 200, 430, 344), bound: null },
      { ...timed('verify', 140, 250, 25), bound: null },
      { ...timed('record', 10, 20, 5), bound: null },
    ],
    steps: [{ ...timed('lab', 900, 900, 400), count: 1 }],
  };
  return { run: { ...run, times }, cycles };
}

describe('the times of a run', () => {
  it('are a table with the share of each phase and what bounds it, and a line with the cycles per hour', () => {
    const blocks = summaryTable(timedRun()).split('\n\n');
    expect(blocks[1]!.split('\n')).toEqual([
      'phase     times  median   share   CPU  bounded by',
      'load          2  240 ms    25 %  20 %  campaign.cuts, 200 ms',
      'cut           2  100 ms    10 %   1 %  boards, 98 ms',
      `${'dark'}          2  150 ms    15 %   2 %  ${'campaign.dark'}, 150 ms`,
      'restore       2  110 ms    11 %   0 %  devices',
      'identify      2   40 ms     4 %  10 %  safety gate, devices',
      "judge         2  200 ms  21.5 %  80 %  this host's processor",
      'verify        2  140 ms  12.5 %  10 %  devices',
      'record        2   10 ms     1 %  25 %  run directory',
      '2 cycles in 2 s: 3600 an hour; outside the cycles: lab 900 ms',
    ]);
  });

  it('are on the page, with the names escaped', () => {
    const { run, cycles } = timedRun();
    run.times!.phases[0]!.name = NASTY;
    const page = writeReportHtml({ run, cycles });
    expect(page).toContain('<h2>Where the time went</h2>');
    expect(page).toMatch(/<tr><td>cut<\/td><td class="n">2<\/td><td class="n">100 ms<\/td><td class="n">10 %<\/td>/);
    expect(page).not.toContain('<script>');
    expect(page).toContain('2 cycles in 2 s: 3600 an hour');
  });

  it('are missing where the record lacks them', () => {
    expect(summaryTable(sampleRun())).not.toContain('bounded by');
    expect(writeReportHtml(sampleRun())).not.toContain('Where the time went');
  });
});
