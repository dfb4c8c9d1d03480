/**
 * A bench that ends before it writes its records (kill -9, a full disk): `report` reports the cycles that had ended and
 * what is missing. A run that did not come to its end is never a PASS.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { labDown } from '../../src/lab/lab.js';
import type { Run } from '../../src/report/runRecord.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const NAME = 'killed-record';
const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const file = join(state.dir, 'rig.yaml');
writeFileSync(file, tinyRigText(NAME, { cycles: 50, cuts: ['{ rails: [P, S], during: load, after: 100ms }'] }));
afterAll(() => state.clean(NAME));

const completeLines = (path: string): number => readFileSync(path, 'utf8').split('\n').length - 1;

async function reported(out: string): Promise<{ code: number | null; json: Run }> {
  const { code, stdout, stderr } = await cli(['report', out, '--json'], { env });
  expect(stdout, stderr).not.toBe('');
  return { code, json: JSON.parse(stdout) as Run };
}

describe('killed with -9', () => {
  const out = join(state.dir, 'out');
  let ended = 0;

  it('run.json has the state running', async () => {
    const killed = await cli(['run', file, '--out', out], {
      env,
      onOutput: (stdout, child) => {
        if (stdout.includes('cycle 1: ')) child.kill('SIGKILL');
      },
    });
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    await labDown(NAME);
    expect(JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'))).toMatchObject({
      state: 'running',
      verdict: 'INVALID',
      endedAt: null,
      cyclesPlanned: 50,
    });
    ended = completeLines(join(out, 'cycles.jsonl'));
    expect(ended).toBeGreaterThanOrEqual(2);
    // Lines that were being written at the kill.
    appendFileSync(join(out, 'cycles.jsonl'), '{"index": 9, "seed"');
    appendFileSync(join(out, 'events.jsonl'), '{"atMs": 9');
  });

  it('report shows the cycles that had ended, and what is missing', async () => {
    const { code, json } = await reported(out);
    expect(code).toBe(3);
    expect(json.cycles.map((c) => c.verdict)).toEqual(Array.from({ length: ended }, () => 'PASS'));
    expect(json.run).toMatchObject({ verdict: 'INVALID', counts: { PASS: ended, FAIL: 0, INVALID: 0 } });
    expect(json.run.devices).toHaveLength(3);
    const said = json.run.troubles.join('\n');
    expect(said).toContain(`${ended} of 50 planned cycles`);
    expect(said).toMatch(/cycles\.jsonl: the last line is torn/);
    expect(said).toMatch(/metrics\.prom is missing/);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain(`${ended} of 50 planned cycles`);
    expect(readFileSync(join(out, 'junit.xml'), 'utf8')).toMatch(/<error[^>]*planned cycles/);
  });

  it('plan estimates the next run from it', async () => {
    const plan = await cli(['plan', file, '--like', out], { env });
    expect(plan.code, plan.stderr).toBe(0);
  });

  it('replay runs one of its cycles', async () => {
    const replay = await cli(['replay', out, '--cycle', '0', '--out', join(state.dir, 'again')], { env });
    expect(replay.code, replay.stderr).toBe(0);
    expect(replay.stdout).toContain('the same verdict as recorded in its one cycle');
  });

  it('report works without its run.json too', async () => {
    rmSync(join(out, 'run.json'));
    const { code, json } = await reported(out);
    expect([code, json.cycles.length, json.run.verdict, json.run.rig.name, json.run.devices.length]).toEqual([
      3,
      ended,
      'INVALID',
      NAME,
      3,
    ]);
    expect(json.run.troubles.join('\n')).toMatch(/run\.json is missing/);
    rmSync(join(out, 'cycles.jsonl'));
    rmSync(join(out, 'events.jsonl'));
    expect((await reported(out)).json.run.troubles.join('\n')).toMatch(
      /cycles\.jsonl is missing\nevents\.jsonl is missing/,
    );
  });
});

it.skipIf(process.getuid?.() !== 0)('a run directory that becomes full (root: a tmpfs)', async () => {
  const mount = join(state.dir, 'small');
  const out = join(mount, 'out');
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', mount]);
  try {
    const filler = join(mount, 'filler');
    let full = false;
    const run = await cli(['run', file, '--out', out], {
      env,
      onOutput(stdout) {
        if (full || !stdout.includes('cycle 0: ')) return;
        full = true;
        try {
          for (;;) appendFileSync(filler, Buffer.alloc(4096));
        } catch {
          // Full to the last page.
        }
      },
    });
    expect([full, run.code], run.stderr).toEqual([true, 5]);
    expect(run.stdout).toMatch(/INVALID: \d+ passed/);
    // A record or the history, whichever is written first.
    expect(run.stderr).toMatch(/no space left/);
    expect(run.stderr).toContain(`${out}/`);
    // Written to the space that the run reserves for it.
    expect(JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'))).toMatchObject({
      state: 'ended',
      verdict: 'INVALID',
    });
    rmSync(filler);
    const cycles = completeLines(join(out, 'cycles.jsonl'));
    const { json } = await reported(out);
    expect([json.cycles.length, json.run.verdict]).toEqual([cycles, 'INVALID']);
    expect(cycles).toBeGreaterThanOrEqual(1);
    expect(existsSync(join(out, 'report.html'))).toBe(true);
  } finally {
    execFileSync('umount', [mount]);
  }
});
