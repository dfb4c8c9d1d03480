/**
 * kill -9 of the bench at any moment, relays left as they are: `resync` restores power and makes P and S equal from the
 * disks alone, and a plain `run` goes on. One lab outlives all of it. PLUGPULL_LONG=1 kills at 50 random moments;
 * PLUGPULL_SEED=N begins with other ones.
 */
import { spawnSync } from 'node:child_process';
import { readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mixSeed, uniform } from '../../src/campaign/cycle/cycleSettings.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { parseRig } from '../../src/rig/load.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const NAME = 'killed';
const file = join(state.dir, 'rig.yaml');
const out = join(state.dir, 'out');
const text = tinyRigText(NAME, {
  cycles: 100,
  areaSize: '8MiB',
  // Long enough that a kill on a line of the progress falls into the phase that follows it.
  dark: '300ms',
  cuts: [
    '{ rails: [P], during: load, after: [100ms, 300ms] }',
    '{ rails: [P, S, J], during: load, after: [100ms, 300ms] }',
    '{ rails: [S], during: resync, after: 5ms }',
    '{ rails: [S], during: load, after: [100ms, 300ms] }',
  ],
});

beforeAll(async () => {
  writeFileSync(file, text);
  await labUp(NAME, parseRig(text, file).lab!);
});
afterAll(() => state.clean(NAME));

/** The moment of the kill: so long after the start, or when the progress has said this. */
type Moment = { afterMs: number } | { said: string };

async function killRun(moment: Moment, seed: number): Promise<string> {
  rmSync(out, { recursive: true, force: true });
  const args = ['run', file, '--seed', String(seed), '--out', out];
  let timer: NodeJS.Timeout | undefined;
  const killed = await cli(args, {
    env,
    onStart: (child) => {
      if ('afterMs' in moment) timer = setTimeout(() => child.kill('SIGKILL'), moment.afterMs);
    },
    onOutput: (stdout, child) => {
      if ('said' in moment && stdout.includes(moment.said)) child.kill('SIGKILL');
    },
  });
  clearTimeout(timer);
  expect(killed.signal, killed.stderr).toBe('SIGKILL');
  return killed.stdout.trimEnd().split('\n').pop() ?? '';
}

async function expectMadeGood(after: string): Promise<void> {
  const resynced = await cli(['resync', file], { env });
  expect(resynced.code, `killed after "${after}": ${resynced.stderr}${resynced.stdout}`).toBe(0);
  const verified = await cli(['verify', file], { env });
  expect(verified.code, `killed after "${after}": ${verified.stderr}${verified.stdout}`).toBe(0);
  // By someone who knows nothing of us.
  const [p, s] = ['p', 's'].map((disk) =>
    join(
      '/dev',
      readlinkSync(join(state.dir, `lab-${NAME}`, `disk-${disk}`))
        .split('/')
        .pop()!,
    ),
  );
  const compared = spawnSync('cmp', [p, s], { encoding: 'utf8' });
  expect(compared.status, `killed after "${after}": ${compared.stdout}${compared.stderr}`).toBe(0);
}

const FIRST = Number(process.env.PLUGPULL_SEED ?? 1);
const RANDOM = Array.from({ length: process.env.PLUGPULL_LONG ? 50 : 3 }, (_, i) => FIRST + i);

describe('killed with -9, resync and verify make it good', () => {
  it.each([
    ['format', 'open:'],
    ['prepare', 'format:'],
    ['the first verify', 'prepare:'],
    ['load', '  preflight:'],
    ['dark, with the power off', '  cut:'],
    ['restore, with the power off', '  dark:'],
    ['recovery', '  identify:'],
    ['resync', '  judge:'],
  ])('in %s', async (_phase, said) => {
    await expectMadeGood(await killRun({ said }, 7));
  });

  it.each(RANDOM)('at a random moment, seed %i', async (seed) => {
    await expectMadeGood(await killRun({ afterMs: uniform(mixSeed(seed, 0), 200, 8000) }, seed));
  });
});

describe('killed with -9, a plain run goes on', () => {
  it('while the power was off', async () => {
    await killRun({ said: '  cut:' }, 3);
    rmSync(out, { recursive: true, force: true });
    const again = await cli(['run', file, '--cycles', '2', '--out', out], { env });
    expect(again.code, again.stderr + again.stdout).toBe(0);
  });

  it('while it started its lab', async () => {
    await labDown(NAME);
    await killRun({ afterMs: 600 }, 3);
    rmSync(out, { recursive: true, force: true });
    const again = await cli(['run', file, '--cycles', '1', '--out', out, '--keep-lab'], { env });
    expect(again.code, again.stderr + again.stdout).toBe(0);
  });
});
