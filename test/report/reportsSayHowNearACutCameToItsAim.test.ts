import { describe, expect, it } from 'vitest';
import { aimSentence, cutPlace, nearPoint, offAim } from '../../src/report/aimText.js';
import { parseCycles } from '../../src/report/parseRun.js';
import { writeReportHtml } from '../../src/report/html.js';
import type { CycleRecord } from '../../src/report/runRecord.js';
import { sampleCycle, sampleRun } from './sampleRun.js';

const subject = { kind: 'write', area: 'secondary', updateId: 17, offsetBytes: 8192, lengthBytes: 4096 } as const;
const reached = { name: 'primary-only', reached: true, held: true, intoMs: 120, stoodMs: 14.5, subject } as const;
const aimed = (aim: CycleRecord['aim']): CycleRecord => sampleCycle(3, { aim });

describe('the text of an aim', () => {
  it.each([
    [
      'a point that was held',
      { point: reached, missedByMs: 0, inFlight: {} },
      'halted 14.5 ms until the power was gone',
      '0, halted 14.5 ms',
    ],
    ['one that did not hold', { point: reached, missedByMs: 2 }, 'continued 2 ms before the power was gone', '+2 ms'],
    [
      'an I/O that was in flight',
      { point: { ...reached, held: false }, missedByMs: 0, leadMs: 10 },
      'in flight when the power was gone',
      '0, sent 10 ms ahead',
    ],
    [
      'one sent too late',
      { point: { ...reached, held: false }, missedByMs: -1.5 },
      'the power was gone 1.50 ms before it was sent',
      '−1.50 ms',
    ],
    [
      'one sent too early',
      { point: { ...reached, held: false }, missedByMs: 3 },
      'completed 3 ms before the power was gone',
      '+3 ms',
    ],
    [
      'a point not reached',
      { point: { name: 'flush', reached: false }, missedByMs: null },
      'not reached',
      'not reached',
    ],
    ['a time', { missedByMs: -4 }, '', '−4 ms'],
  ])('%s', (_what, aim, near, off) => {
    const cycle = aimed({ afterMs: 100, leadMs: 0, ...aim } as CycleRecord['aim']);
    expect(nearPoint(cycle)).toBe(near);
    expect(offAim(cycle)).toBe(off);
    expect(aimSentence(cycle)).toContain(near);
  });

  it('names the cut point and the I/O in flight', () => {
    const cycle = aimed({
      afterMs: 100,
      leadMs: 0,
      missedByMs: 0,
      point: reached,
      inFlight: { primary: { write: 3 }, journal: { log: 2, page: 1 } },
    });
    expect(cutPlace(cycle)).toBe('primary-only');
    expect(cutPlace(sampleCycle(0))).toBe('load');
    expect(aimSentence(cycle)).toBe(
      'Aimed at primary-only, reached 120 ms into load with update 17, write to secondary, 4 KiB at byte 8192: halted 14.5 ms until the power was gone. In flight then: primary 3 write; journal 2 log, 1 page.',
    );
  });

  it('comes from a record that can be written and read again', () => {
    const cycle = aimed({ afterMs: 100, leadMs: 0, missedByMs: 0, point: reached, inFlight: { journal: { log: 2 } } });
    expect(parseCycles(`${JSON.stringify(cycle)}\n`)).toEqual([cycle]);
  });

  it('is in a table of the report if a cut was aimed at a point; else there is no table', () => {
    const { run } = sampleRun();
    const cycle = aimed({ afterMs: 100, leadMs: 0, missedByMs: 0, point: reached, inFlight: {} });
    expect(writeReportHtml({ run, cycles: [cycle] })).toContain(
      '<td>primary-only</td><td>update 17, write to secondary, 4 KiB at byte 8192</td><td>halted 14.5 ms until the power was gone</td><td>nothing</td>',
    );
    expect(writeReportHtml({ run, cycles: [sampleCycle(0)] })).not.toContain('Cut points');
  });
});
