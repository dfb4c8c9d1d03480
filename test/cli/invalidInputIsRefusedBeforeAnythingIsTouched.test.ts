/** Invalid input: the exit code, a message that says what to do, and neither a disk nor a directory touched. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labStatus } from '../../src/lab/lab.js';
import { ownStateDir, rigText } from '../campaign/labRig.js';
import { cli, type CliResult } from './cli.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const wishes = { cuts: ['{ rails: [P], during: load, after: 50ms }'], deadlines: '{ return: 500ms }' };
const GOOD = rigText('refuse', wishes);
const mount = join(state.dir, 'tiny');

beforeAll(() => {
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]);
});
afterAll(async () => {
  execFileSync('umount', ['--lazy', mount]);
  await state.clean('refuse');
});

let runs = 0;

/** Runs GOOD with one replacement. */
async function run(
  from: string | RegExp,
  to: string,
  args: readonly string[] = [],
): Promise<CliResult & { out: string }> {
  const name = `case-${runs++}`;
  const file = join(state.dir, `${name}.yaml`);
  const text = GOOD.replace(from, to);
  expect(from === '' || text !== GOOD, 'the case changes the profile').toBe(true);
  writeFileSync(file, text);
  const out = join(state.dir, `${name}-out`);
  return { ...(await cli(['run', file, '--out', out, ...args], { env })), out };
}

describe.concurrent('a profile that is not valid', () => {
  it.each([
    ['an unknown field', 'regionSize:', 'regionsize:', /regionsize.*regionSize/],
    ['a region size that is no power of two', '16KiB', '24KiB', /regionSize.*24KiB.*power of two/],
    ['a device used twice', 'secondary: { device: "lab:s" }', 'secondary: { device: "lab:p" }', /lab:p/],
    ['a journal that is too small', 'j: { size: 2MiB', 'j: { size: 256KiB', /lab\.disks\.j|journal/],
    ['a cut of a rail that does not exist', 'rails: [P], during', 'rails: [Q], during', /rails.*Q/],
    ['cycles below 1', 'cycles: 1', 'cycles: 0', /campaign\.cycles/],
  ])('%s: exit 2, naming file, line and field', async (_what, from, to, message) => {
    const result = await run(from, to);
    expect(result.code, result.stderr).toBe(2);
    expect(result.stderr).toMatch(/case-\d+\.yaml:\d+:\d+/);
    expect(result.stderr).toMatch(message);
    expect(existsSync(result.out)).toBe(false);
  });
});

describe.concurrent('usage', () => {
  it.each([
    ['an unknown command', ['explode']],
    ['an unknown option', ['run', 'x.yaml', '--force']],
    ['cycles that are no number', ['plan', 'x.yaml', '--cycles', 'many']],
    ['an unknown loader', ['verify', 'x.yaml', '--ffi', 'n-api']],
    ['a metrics port out of range', ['run', 'x.yaml', '--metrics', 'localhost:99999']],
    ['a profile that does not exist', ['run', join(state.dir, 'nowhere.yaml')]],
    ['off without a rail', ['relay', 'off', 'rigs/loop-ci.yaml']],
    ['a report of a directory without a run', ['report', state.dir]],
    ['a run directory without a name', ['run', 'rigs/loop-ci.yaml', '--out', '']],
    [
      'a rail that does not exist, before any board is asked',
      ['relay', 'pulse', 'rigs/virtual-mirror.yaml', 'Q', '--ms', '5'],
    ],
    ['a board type that does not exist', ['relay', 'test', '--type', 'lcsu', '--tty', '/dev/ttyNOPE7']],
  ])('%s: exit 2', async (_what, args) => {
    const result = await cli(args, { env });
    expect(result.code, result.stderr).toBe(2);
    expect(result.stderr.length).toBeGreaterThan(10);
  });
});

describe('a profile without rails', () => {
  it('is planned with a warning and refused by plan as by run: exit 2', async () => {
    const file = join(state.dir, 'bare.yaml');
    writeFileSync(file, GOOD.replace(/rails:\n( {2}.*\n)+/, '').replace(/ {2}cuts:\n.*\n/, ''));
    const plan = await cli(['plan', file], { env });
    expect(plan.code, plan.stderr).toBe(2);
    expect(plan.stderr).toMatch(/bare\.yaml has no cut/);
    expect(plan.stdout).toMatch(/nothing can be cut/);
    const result = await cli(['run', file], { env });
    expect(result.code, result.stderr).toBe(2);
    expect(result.stderr).toMatch(/bare\.yaml has no cut/);
  });
});

describe('hardware that does not exist', () => {
  it("a device: exit 4 with the gate's table, the lab down again", async () => {
    const result = await run(
      'secondary: { device: "lab:s" }',
      'secondary: { device: /dev/disk/by-id/ata-NOT_THERE, serial: "X1" }',
    );
    expect(result.code, result.stderr).toBe(4);
    expect(result.stderr).toMatch(/secondary.*NOT_THERE.*GATE_MISSING/);
    expect(existsSync(result.out)).toBe(false);
    expect(await labStatus('refuse')).toBeNull();
  });

  it('a tty: exit 3, naming it', async () => {
    const result = await run(
      'tty: "lab:relay0", channels: 4 }',
      'tty: "lab:relay0", channels: 4 }\n  relay1: { type: lcus, tty: /dev/ttyNOPE7, channels: 1 }',
    );
    expect(result.code, result.stderr).toBe(3);
    expect(result.stderr).toContain('/dev/ttyNOPE7');
    expect(existsSync(result.out)).toBe(false);
  });

  it('the lab, for a command that reads its disks: exit 3, and the command that starts it', async () => {
    const file = join(state.dir, 'good.yaml');
    writeFileSync(file, GOOD);
    // One after the other: each of them locks the rig.
    for (const command of [
      ['resync', file],
      ['verify', file],
      ['relay', 'state', file],
    ]) {
      const result = await cli(command, { env });
      expect(result.code, result.stderr).toBe(3);
      expect(result.stderr).toMatch(/not running.*plugpull lab up/);
    }
  });
});

describe('a run directory', () => {
  it('on a full file system: exit 5, naming the file; no lab is started', async () => {
    const result = await run('', '', ['--out', join(mount, 'run')]);
    expect(result.code, result.stderr).toBe(5);
    expect(result.stderr).toMatch(/no space left for .*tiny\/run/);
    expect(readdirSync(mount)).toEqual([]);
    expect(await labStatus('refuse')).toBeNull();
  });

  it('that is not empty: exit 2, and it stays as it was', async () => {
    const used = join(state.dir, 'used');
    mkdirSync(used);
    writeFileSync(join(used, 'other.txt'), 'x');
    const result = await run('', '', ['--out', used]);
    expect(result.code, result.stderr).toBe(2);
    expect(readdirSync(used)).toEqual(['other.txt']);
    expect(readFileSync(join(used, 'other.txt'), 'utf8')).toBe('x');
  });
});

describe('a directory that cannot be created', () => {
  it('the state directory: exit 4 at once', async () => {
    const result = await cli(['relay', 'state', 'rigs/loop-ci.yaml'], { env: { PLUGPULL_STATE_DIR: '/proc/nowhere' } });
    expect(result.code, result.stderr).toBe(4);
    expect(result.stderr).toMatch(/\/proc\/nowhere.*PLUGPULL_STATE_DIR/);
  });

  it('a run directory: exit 5', async () => {
    const result = await run('', '', ['--out', '/proc/nowhere/run']);
    expect(result.code, result.stderr).toBe(5);
    expect(result.stderr).toMatch(/\/proc\/nowhere.*--out/);
  });
});
