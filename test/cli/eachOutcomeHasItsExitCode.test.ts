/** Each outcome of a campaign has its exit code, for scripts to test; power is restored, and the lab has ended. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { labStatus } from '../../src/lab/lab.js';
import type { CycleRecord, Run, RunRecord } from '../../src/report/runRecord.js';
import { ownStateDir, rigText, type RigWishes } from '../campaign/labRig.js';
import { cli } from './cli.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const names: string[] = [];
afterAll(() => state.clean(...names));

const LOAD_P = '{ rails: [P], during: load, after: 300ms }';
const LOAD_S = '{ rails: [S], during: load, after: 300ms }';

async function run(
  name: string,
  wishes: RigWishes,
  out = join(state.dir, `${name}-out`),
  onOutput?: (stdout: string) => void,
) {
  names.push(name);
  const file = join(state.dir, `${name}.yaml`);
  writeFileSync(file, rigText(name, wishes));
  const result = await cli(['run', file, '--out', out], { env, onOutput });
  const lines = (path: string): CycleRecord[] =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .filter((l) => l !== '')
      .map((l) => JSON.parse(l) as CycleRecord);
  return {
    ...result,
    record: (): RunRecord => JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as RunRecord,
    cycles: (): CycleRecord[] => lines(join(out, 'cycles.jsonl')),
  };
}

/** Writes until the file system has no room left, not even for a line. */
function fillUp(file: string): true {
  try {
    for (;;) appendFileSync(file, Buffer.alloc(4096));
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    return true;
  }
}

describe('exit codes', () => {
  it.concurrent('1 when a disk lies about its flushes', async () => {
    const result = await run('lying', {
      cuts: [LOAD_P, LOAD_S],
      cycles: 4,
      diskOptions: 'faults: [{ class: lying-flush }], killModel: drop',
    });
    expect(result.code, result.stdout + result.stderr).toBe(1);
    expect(result.record().verdict).toBe('FAIL');
    expect(result.cycles().flatMap((c) => c.reasons.map((r) => r.code))).toContain('DEVICE_FAULT');
  });

  it.concurrent('3 when a contact is welded: that cycle is INVALID, the next one is run', async () => {
    const result = await run('welded', {
      cuts: [LOAD_S, LOAD_P],
      cycles: 2,
      boardOptions: '{ welded: [2] }',
      deadlines: '{ cut: 2s }',
    });
    expect(result.code, result.stdout + result.stderr).toBe(3);
    expect(result.cycles().map((c) => c.verdict)).toEqual(['INVALID', 'PASS']);
  });

  it.concurrent('3 when a disk does not return: no later cycle is run, and stderr says why', async () => {
    const result = await run('dead', {
      cuts: [LOAD_P],
      cycles: 3,
      diskOptions: 'faults: [{ class: dead-device }]',
      deadlines: '{ return: 1s }',
    });
    expect(result.code, result.stdout + result.stderr).toBe(3);
    expect(result.cycles()).toHaveLength(1);
    expect(result.stderr).toMatch(/DEVICE_NOT_BACK/);
    expect(await labStatus('dead')).toBeNull();
  });

  it.concurrent('3 when the board does not answer', async () => {
    const result = await run('mute', { cuts: [LOAD_P], board: 'modbus-rtu', boardOptions: '{ mute: true }' });
    expect(result.code, result.stdout + result.stderr).toBe(3);
    expect(result.stderr).toMatch(/did not answer|WITHOUT POWER/);
    expect(await labStatus('mute')).toBeNull();
  });

  it.skipIf(process.getuid?.() !== 0)(
    '5 when the run directory becomes full during the campaign: reported once, power restored, ended cycles recorded',
    { concurrent: true },
    async () => {
      const mount = join(state.dir, 'small');
      mkdirSync(mount);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mount]);
      try {
        let full = false;
        const fill = (stdout: string): void => {
          if (!full && stdout.includes('cycle 1 (2 of 200)')) full = fillUp(join(mount, 'filler'));
        };
        const result = await run('full', { cuts: [LOAD_P], cycles: 200 }, join(mount, 'out'), fill);
        expect([full, result.code], result.stdout.slice(-500) + result.stderr).toEqual([true, 5]);
        expect(result.stderr).toMatch(/small\/out/);
        expect(result.stderr).toMatch(/no space|ENOSPC/i);
        expect(result.stderr.match(/^plugpull: .*(no space|ENOSPC)/gim), result.stderr).toHaveLength(1);
        expect(result.stderr).not.toMatch(/WITHOUT POWER|outside the bounds/);
        expect(await labStatus('full')).toBeNull();
        const ended = result.cycles();
        expect(ended.length).toBeGreaterThan(0);
        const report = await cli(['report', join(mount, 'out'), '--json'], { env });
        expect(report.code, report.stderr).toBe(0);
        const { run: record, cycles } = JSON.parse(report.stdout) as Run;
        expect(cycles).toHaveLength(ended.length);
        expect(record.troubles.filter((trouble) => /no space|ENOSPC/.test(trouble))).toHaveLength(1);
        expect(record.history?.files.map(({ name }) => name)).toEqual(['cycle-000000.bin']);
      } finally {
        execFileSync('umount', ['--lazy', mount]);
      }
    },
  );
});
