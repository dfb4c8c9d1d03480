/**
 * The programs that a campaign starts: each costs as much as the rest of a short phase. The profile is the shipped one
 * for as many cycles an hour as possible.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRun } from '../../src/report/parseRun.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli, type CliResult } from './cli.js';

const CYCLES = 4;
const state = ownStateDir();
const bin = join(state.dir, 'bin');
const log = join(state.dir, 'started');
const out = join(state.dir, 'out');
let result: CliResult;

beforeAll(async () => {
  const { PATH = '' } = process.env;
  const real = `${PATH}:/usr/sbin:/sbin`;
  mkdirSync(bin);
  for (const program of ['wipefs', 'losetup', 'dd', 'nvme', 'smartctl', 'blkid', 'lsblk'])
    writeFileSync(join(bin, program), `#!/bin/sh\necho ${program} $1 >> ${log}\nPATH=${real} exec ${program} "$@"\n`, {
      mode: 0o755,
    });
  const env = { PLUGPULL_STATE_DIR: state.dir, PATH: `${bin}:${PATH}` };
  result = await cli(['run', 'rigs/virtual-quick.yaml', '--cycles', String(CYCLES), '--out', out], { env });
});
afterAll(() => state.clean('virtual-quick'));

describe('a campaign', () => {
  it('passes, with proof of every cut', () => {
    expect(result.code, result.stderr + result.stdout.slice(-2000)).toBe(0);
    const { cycles } = parseRun(
      readFileSync(join(out, 'run.json'), 'utf8'),
      readFileSync(join(out, 'cycles.jsonl'), 'utf8'),
    );
    expect(cycles.map((cycle) => cycle.proofOfCut.kind)).toEqual(Array(CYCLES).fill('device'));
  });

  it('starts wipefs twice before the first cycle and once in each, and losetup once for each disk', () => {
    const started = readFileSync(log, 'utf8').trim().split('\n');
    // A loop device that udev holds open is detached twice.
    const counted = started.filter((line) => line !== 'losetup --detach');
    const count = Object.fromEntries([...new Set(counted)].map((s) => [s, counted.filter((t) => t === s).length]));
    expect(count).toEqual({ 'losetup --find': 3, 'wipefs --no-act': 2 + CYCLES });
  });
});
