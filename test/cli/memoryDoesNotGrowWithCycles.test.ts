/**
 * A campaign's memory does not grow with its cycles: each cycle opens devices, rings, arenas and a core, and releases
 * them. Measured after the first third of the cycles, when caches and compiled code no longer grow. PLUGPULL_LONG=1
 * runs 1,000 cycles.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const file = join(state.dir, 'rig.yaml');
afterAll(() => state.clean());

const LONG = process.env.PLUGPULL_LONG !== undefined;
const CYCLES = LONG ? 1000 : 20;
const LONG_MS = 3_600_000;

/** About ten cycles lie between the two means: 2.5 MiB a cycle, a third of an arena, would exceed it. Usual: 3 MiB. */
const GROWTH_MIB_MAX = 24;

/** null: the process has ended; its last output is still being read. */
function residentMib(pid: number): number | null {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return kib === null ? null : Number(kib[1]) / 1024;
  } catch {
    return null;
  }
}

it(
  `over ${CYCLES} cycles`,
  async () => {
    writeFileSync(
      file,
      tinyRigText('flat', {
        cycles: CYCLES,
        cuts: [
          '{ rails: [P, S, J], during: load, after: [20ms, 60ms] }',
          '{ rails: [S], during: load, after: [20ms, 60ms] }',
          '{ rails: [P], during: load, after: [20ms, 60ms] }',
        ],
      }),
    );
    const samples: number[] = [];
    const result = await cli(['run', file, '--out', join(state.dir, 'out')], {
      env,
      hangMs: LONG ? LONG_MS : undefined,
      onOutput: (stdout, child) => {
        const ended = stdout.match(/^cycle \d+: /gm)?.length ?? 0;
        while (samples.length < ended) samples.push(residentMib(child.pid!) ?? samples.at(-1)!);
      },
    });
    expect(result.code, result.stderr + result.stdout.slice(-1000)).toBe(0);
    expect(samples.length).toBe(CYCLES);
    const later = samples.slice(Math.floor(CYCLES / 3));
    const third = Math.ceil(later.length / 3);
    const mean = (list: number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
    const growth = mean(later.slice(-third)) - mean(later.slice(0, third));
    if (LONG)
      console.log(
        `resident MiB: ${samples
          .filter((_, i) => i % 50 === 0)
          .map(Math.round)
          .join(' ')}; growth ${growth.toFixed(1)}`,
      );
    expect(growth, `MiB by cycle: ${samples.map(Math.round).join(' ')}`).toBeLessThan(GROWTH_MIB_MAX);
  },
  LONG ? LONG_MS : undefined,
);
