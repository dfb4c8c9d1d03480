import { describe, expect, it } from 'vitest';
import { writeJunit } from '../../src/report/junit.js';
import { sampleRun } from './sampleRun.js';

const withoutCdata = (xml: string): string => xml.replace(/<!\[CDATA\[[^]*?\]\]>/g, '');

describe('the JUnit report', () => {
  it('has a test case for each cycle and one for the campaign; FAIL is a failure, INVALID an error', () => {
    const xml = writeJunit(sampleRun());
    expect(xml).toMatch(/<testsuites tests="4" failures="1" errors="1" skipped="0"/);
    expect(xml.match(/<testcase /g)?.length).toBe(4);
    expect(xml).toMatch(/<failure message="[^"]*&lt;script>[^"]*" type="LOST_INDICATOR"/);
    expect(xml).toMatch(/<error message="no device proves that the power was cut[^"]*" type="CUT_UNPROVEN"/);
    expect(xml).toContain('cycle 1: cut P+S during load');
    expect(withoutCdata(xml)).not.toContain('<script>');
  });

  it('reports an interrupted or empty campaign as an error', () => {
    const { run } = sampleRun();
    const empty = { ...run, counts: { PASS: 0, FAIL: 0, INVALID: 0 } };
    expect(writeJunit({ run: { ...empty, interrupted: true }, cycles: [] })).toMatch(
      /<error message="interrupted" type="CAMPAIGN"/,
    );
    expect(writeJunit({ run: empty, cycles: [] })).toMatch(/errors="1"/);
  });

  it('contains no character that XML forbids', () => {
    const sample = sampleRun();
    sample.cycles[1]!.reasons[0]!.text = 'serial \u0000\u001b[31m\uffff\ud800 ]]> end';
    const xml = writeJunit(sample);
    // eslint-disable-next-line no-control-regex
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\uffff]|\p{Surrogate}/u);
    expect(xml).toContain('[31m');
    expect(xml).toContain(']]]]><![CDATA[> end');
  });
});
