/** The replay command that a run prints runs the same campaign, ends with its exit code, and reports what differs. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRig } from '../../src/rig/load.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli, type CliResult } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const file = join(state.dir, 'rig.yaml');
const out = join(state.dir, 'recorded');
afterAll(() => state.clean());

/** Rewrites a file of the record. */
function change(name: string, edit: (text: string) => string): void {
  writeFileSync(join(out, name), edit(readFileSync(join(out, name), 'utf8')));
}

let recorded: CliResult;
beforeAll(async () => {
  // Long enough that writes are acknowledged, and lost, on a busy host too.
  const cuts = [
    '{ rails: [S], during: load, after: [60ms, 200ms] }',
    '{ rails: [P], during: load, after: [400ms, 600ms] }',
  ];
  // Cycle 1 cuts the primary, which performs no flush.
  writeFileSync(
    file,
    tinyRigText('again', { cuts, cycles: 2, disks: { p: 'killModel: drop, faults: [{ class: lying-flush }]' } }),
  );
  recorded = await cli(['run', file, '--out', out, '--seed', '77'], { env });
  // `replay` needs only the run directory.
  rmSync(file);
});

describe('replay', () => {
  it('is printed by the run', () => {
    expect(recorded.code, recorded.stderr).toBe(1);
    expect(recorded.stdout).toContain(`replay: plugpull replay ${out}\n`);
  });

  it('runs the same rig with the same seeds, and ends with the same verdicts', async () => {
    const again = join(state.dir, 'again');
    const result = await cli(['replay', out, '--out', again], { env });
    expect(result.code, result.stderr).toBe(1);
    const rig = (dir: string): unknown => ({ ...loadRig(join(dir, 'rig.yaml')), file: '' });
    expect(rig(again)).toEqual(rig(out));
    const cycles = (dir: string): unknown =>
      readFileSync(join(dir, 'cycles.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => {
          const { index, seed, verdict } = JSON.parse(line) as { index: number; seed: number; verdict: string };
          return { index, seed, verdict };
        });
    expect(cycles(again)).toEqual(cycles(out));
    expect(result.stdout).toMatch(/^replay: (the same verdict|cycle 1: recorded FAIL: .*, now FAIL: )/m);
  });

  it('of one cycle ends with its verdict, and reports what differs from the record', async () => {
    change('cycles.jsonl', (text) => text.replace('"verdict":"PASS"', '"verdict":"INVALID"'));
    change('run.json', (text) => {
      const run = JSON.parse(text) as { counts: Record<string, number> };
      return JSON.stringify({ ...run, counts: { ...run.counts, PASS: 0, INVALID: 1 } });
    });
    const result = await cli(['replay', out, '--cycle', '0', '--out', join(state.dir, 'first'), '--json'], { env });
    expect(result.code, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      run: { verdict: 'PASS', cyclesPlanned: 1, seed: 77 },
      replay: {
        of: out,
        compared: 1,
        differences: [{ cycle: 0, recorded: { verdict: 'INVALID' }, replayed: { verdict: 'PASS' } }],
      },
    });
  });

  it('refuses a directory without a run, and a cycle that was not run', async () => {
    const none = await cli(['replay', state.dir], { env });
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringContaining('does not exist; give the directory of a run'),
    ]);
    const beyond = await cli(['replay', out, '--cycle', '2'], { env });
    expect([beyond.code, beyond.stderr]).toEqual([2, expect.stringContaining('has cycles 0 to 1')]);
  });
});
