/**
 * Disks without faults are never reported as faulty at any cut point either: the profiles of randomProfile.ts, with
 * cuts at cut points. A cycle passes unless its profile cannot reach the point (nothing dirty to copy, a disk that is
 * never flushed): then it is INVALID with POINT_NOT_REACHED. PLUGPULL_LONG=1 draws more; PLUGPULL_SEED=N begins with
 * another seed.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CUT_POINT_NAMES } from '../../src/rig/cutPoints.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { randomProfileText } from './randomProfile.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
afterAll(() => state.clean());

const CYCLES = 4;
const FIRST = Number(process.env.PLUGPULL_SEED ?? 1);
const SEEDS = Array.from({ length: process.env.PLUGPULL_LONG ? 40 : 3 }, (_, i) => FIRST + i);

/** The profile of this seed, each of its cuts at the next cut point. `flush` only where the profile may have it. */
function rigText(seed: number): string {
  let next = seed * CYCLES;
  const text = randomProfileText(seed, `points-${seed}`, CYCLES).replace('deadlines: {', 'deadlines: { point: 3s,');
  const points = CUT_POINT_NAMES.filter((name) => name !== 'flush' || !text.includes('durability: fua'));
  return text.replace(
    /^( {4}- \{ rails: \[[^\]]*\]), .*$/gm,
    (_line, rails: string) => `${rails}, at: ${points[next++ % points.length]} }`,
  );
}

interface Summary {
  run: { troubles: string[] };
  cycles: {
    verdict: string;
    aim: { point: { name: string; reached: boolean; held?: boolean }; missedByMs: number | null };
    reasons: { code: string; text: string }[];
  }[];
}

describe('a campaign on disks without faults, cut at cut points', () => {
  it.concurrent.each(SEEDS)('profile drawn from seed %i', async (seed) => {
    const text = rigText(seed);
    const file = join(state.dir, `points-${seed}.yaml`);
    const out = join(state.dir, `out-${seed}`);
    writeFileSync(file, text);
    const result = await cli(['run', file, '--out', out, '--json'], { env });
    expect(result.stdout, result.stderr + text).not.toBe('');
    const { run, cycles } = JSON.parse(result.stdout) as Summary;
    expect(run.troubles, text).toEqual([]);
    expect(cycles, text).toHaveLength(CYCLES);
    for (const { verdict, aim, reasons } of cycles) {
      expect(
        reasons.map((r) => r.code),
        text,
      ).toEqual(aim.point.reached ? [] : ['POINT_NOT_REACHED']);
      expect(verdict).toBe(aim.point.reached ? 'PASS' : 'INVALID');
      if (aim.point.held === true) expect(aim.missedByMs, aim.point.name).toBe(0);
    }
    rmSync(out, { recursive: true, force: true });
  });
});
