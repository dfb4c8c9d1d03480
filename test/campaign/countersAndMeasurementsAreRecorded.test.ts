/**
 * Promise: the record of a cycle contains the power-loss counters of the disks and the measurements of the boards.
 * Neither of them changes the proof of cut.
 */
import { describe, expect, it } from 'vitest';
import { counterChanges } from '../../src/campaign/cycle/proof.js';
import { cycleRecord } from '../../src/campaign/cycle/cycleRecord.js';
import type { TestBench } from '../../src/campaign/cycle/testBench.js';
import { campaign, runFake } from './runFake.js';

const counters = (unsafeShutdowns: number, powerCycles: number | null) => ({
  source: 'nvme-cli' as const,
  unsafeShutdowns,
  powerCycles,
});

describe('the record of a cycle', () => {
  it('compares only counters that the bench read both before and after the cut', () => {
    const changes = counterChanges(
      { primary: counters(7, null), secondary: counters(3, 9), journal: null },
      { primary: counters(8, 20), secondary: null, journal: counters(1, 1) },
    );
    expect(changes).toEqual([{ area: 'primary', counter: 'unsafe shutdowns', before: 7, after: 8 }]);
  });

  it('lists, behind the proof of cut, the counters of the areas cut and what the board measured', async () => {
    const { state } = await runFake({ rails: ['P', 'S'] }, {}, (bench, phase) => {
      if (phase !== 'arm') return;
      (bench as TestBench).counterChanges = () => [
        { area: 'primary', counter: 'unsafe shutdowns', before: 7, after: 8 },
        { area: 'secondary', counter: 'power cycles', before: 4, after: 4 },
        { area: 'journal', counter: 'power cycles', before: 4, after: 4 },
      ];
      const switchAndRecord = bench.power.switchAndRecord;
      bench.power.switchAndRecord = async (rails, to) =>
        (await switchAndRecord(rails, to)).map((c) => ({ ...c, evidence: 'measured', measured: [0.02] }));
    });
    const record = cycleRecord(state, campaign().limits);
    expect(record.proofOfCut.kind).toBe('device');
    expect(record.proofOfCut.detail).toMatch(
      /primary counted unsafe shutdowns 7 → 8; secondary still counts 4 power cycles: its link or its power\?; rail P measured 0\.02; rail S measured 0\.02$/,
    );
  });
});
