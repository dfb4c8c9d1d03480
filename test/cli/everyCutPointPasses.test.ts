/**
 * rigs/cut-points.yaml, calibrated as its header says: each cut point once, every cycle a PASS, every point reached,
 * and each halt held until the power was gone. PLUGPULL_LONG=1 repeats the campaign with ten other seeds.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Calibration } from '../../src/campaign/cycle/latencies.js';
import { loadRig } from '../../src/rig/load.js';
import { CUT_POINT_NAMES } from '../../src/rig/cutPoints.js';
import { parseCycles } from '../../src/report/parseRun.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
afterAll(() => state.clean());

const RIG = 'rigs/cut-points.yaml';
const SEEDS = process.env.PLUGPULL_LONG === undefined ? [20260101] : Array.from({ length: 10 }, (_, i) => i + 1);

it('the profile has each cut point once', () => {
  const { cuts, cycles } = loadRig(RIG).campaign;
  expect(cuts.map((cut) => cut.at).sort()).toEqual([...CUT_POINT_NAMES].sort());
  expect(cycles).toBe(cuts.length);
});

describe('on the virtual mirror', () => {
  const calibration = join(state.dir, 'calibration');

  it('is calibrated', async () => {
    const result = await cli(['relay', 'calibrate', RIG, '--cuts', '4', '--out', calibration], { env });
    expect(result.code, result.stderr).toBe(0);
  });

  it.each(SEEDS)('every point passes, seed %i', async (seed) => {
    const out = join(state.dir, `out-${seed}`);
    const result = await cli(['run', RIG, '--seed', String(seed), '--calibration', calibration, '--out', out], { env });
    const cycles = parseCycles(readFileSync(join(out, 'cycles.jsonl'), 'utf8'));
    expect(cycles.flatMap((c) => c.reasons)).toEqual([]);
    expect(result.code, result.stderr).toBe(0);
    const aims = cycles.map((c) => c.aim!);
    expect(aims.map((a) => a.point!.name).sort()).toEqual([...CUT_POINT_NAMES].sort());
    const { rails: measured } = JSON.parse(readFileSync(join(calibration, 'calibration.json'), 'utf8')) as Calibration;
    for (const { aim, rails } of cycles) {
      const { point, missedByMs, leadMs } = aim!;
      expect(point, JSON.stringify(point)).toMatchObject({ reached: true });
      if (point!.reached && point!.held) expect(missedByMs, point!.name).toBe(0);
      else
        expect(
          rails.map((rail) => measured[rail].cut.median),
          point!.name,
        ).toContain(leadMs);
    }
    // In the progress, and in the report.
    expect(result.stdout).toMatch(/^cycle \d+: PASS \(P\+S at primary-only, halted .* until the power was gone;/m);
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    for (const name of CUT_POINT_NAMES) expect(html).toContain(`<td>${name}</td>`);
    expect(html).toMatch(/<td>primary-only<\/td><td>update \d+, write to secondary, [^<]*<\/td><td>halted /);
  });
});

it('plan shows the points', async () => {
  const { stdout } = await cli(['plan', RIG], { env });
  expect(stdout).toMatch(/cut P\+S at primary-only, \d+ ms into load or later/);
});
