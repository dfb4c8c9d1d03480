import { describe, expect, it } from 'vitest';
import { writeReportHtml } from '../../src/report/html.js';
import { sampleCycle, sampleRun } from './sampleRun.js';

/** Start and end tags in order; void elements and self-closed ones left out. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  for (const [, end, name, selfClosed] of html.matchAll(/<(\/?)([a-z0-9]+)(?:\s[^>]*?)?(\/?)>/g)) {
    if (selfClosed === '/' || name === 'meta') continue;
    if (end === '') open.push(name!);
    else if (open.pop() !== name) return [`</${name!}>`];
  }
  return open;
}

describe('the HTML report', () => {
  const html = writeReportHtml(sampleRun());

  it('is one well-formed page that loads nothing and runs nothing', () => {
    expect(unbalanced(html)).toEqual([]);
    expect(html).not.toMatch(/<script|javascript:|src=|href=|url\(|@import/i);
    expect(html).toContain("default-src 'none'");
    expect(html).toContain('width=device-width');
  });

  it('escapes text from devices, profiles and findings', () => {
    expect(html).not.toContain('<script>');
    expect(html.match(/&lt;script&gt;alert\(&quot;x&quot;\)/g)?.length).toBeGreaterThanOrEqual(4);
  });

  it('shows verdict, bound, reasons, anomalies, samples and the command to run it again', () => {
    for (const text of [
      '97.5 %',
      'LOST_INDICATOR',
      'lost-write',
      '9856',
      'update 12 … 17',
      'Lost indicators, regions: 77',
      '20 MiB/s',
      'plugpull replay',
    ]) {
      expect(html, text).toContain(text);
    }
    expect(html).not.toMatch(/NaN|undefined|null|Infinity/);
  });

  it('draws a dot for each resynchronization and a bar for each judged cycle', () => {
    expect(html.match(/<circle/g)?.length).toBe(2);
    expect(html.match(/<g>/g)?.length).toBe(2);
  });

  it('is well-formed for an empty run, a run without dirty regions, and 3000 cycles', () => {
    const { run } = sampleRun();
    expect(unbalanced(writeReportHtml({ run: { ...run, interrupted: true, endedAt: null }, cycles: [] }))).toEqual([]);
    const still = sampleCycle(0);
    still.resync = { ...still.resync!, bytes: 0, durationMs: 0, regions: 0 };
    still.judge = { ...still.judge!, dirtyRegions: 0, falseDirtyRegions: 0 };
    expect(writeReportHtml({ run, cycles: [still] })).not.toMatch(/NaN|Infinity/);
    const many = writeReportHtml({ run, cycles: Array.from({ length: 3000 }, (_, i) => sampleCycle(i)) });
    expect(unbalanced(many)).toEqual([]);
  });
});
