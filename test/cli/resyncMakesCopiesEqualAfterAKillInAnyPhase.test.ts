/**
 * kill -9 of the bench at any moment, with the relays left as they are: `resync` restores power and makes P and S equal
 * from the disks alone, and the next `run` passes. The lab outlives each kill. PLUGPULL_LONG=1 kills at 50 drawn
 * moments; PLUGPULL_SEED=N begins with another seed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mixSeed, uniform } from '../../src/campaign/cycle/cycleSettings.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { parseRig } from '../../src/rig/load.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli, phaseLine } from './cli.js';
import { tinyRigText, type TinyWishes } from './tinyRig.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const wishes: TinyWishes = {
  cycles: 100,
  areaSize: '8MiB',
  // Long enough that a kill at a line of the progress comes in the phase that follows.
  dark: '300ms',
  cuts: [
    '{ rails: [P], during: load, after: [100ms, 300ms] }',
    '{ rails: [P, S, J], during: load, after: [100ms, 300ms] }',
    '{ rails: [S], during: resync, after: 5ms }',
    '{ rails: [S], during: load, after: [100ms, 300ms] }',
  ],
};
afterAll(() => state.clean());

interface RunningRig {
  name: string;
  file: string;
  out: string;
}

/**
 * So many cases run side by side, each on a rig of its own; the next case takes the rig over with its lab and its
 * disks.
 */
const RIGS = ['killed-0', 'killed-1', 'killed-2'];
let rigs: RunningRig[] = [];
const turns: Promise<unknown>[] = RIGS.map(() => Promise.resolve());
let cases = 0;

beforeAll(async () => {
  rigs = await Promise.all(
    RIGS.map(async (name) => {
      const file = join(state.dir, `${name}.yaml`);
      const text = tinyRigText(name, wishes);
      writeFileSync(file, text);
      await labUp(name, parseRig(text, file).lab!);
      return { name, file, out: join(state.dir, `${name}-out`) };
    }),
  );
});

function onOneRig(action: (rig: RunningRig) => Promise<void>): Promise<void> {
  const i = cases++ % RIGS.length;
  const done = turns[i].then(() => action(rigs[i]));
  turns[i] = done.catch(() => undefined);
  return done;
}

const LOOK_EVERY_MS = 2;

/**
 * When the bench is killed: so long after its start, once it has printed this, or once it starts a lab in this
 * directory.
 */
type Moment = { afterMs: number } | { said: string } | { labDirectory: string };

async function killRun({ file, out }: RunningRig, moment: Moment, seed: number): Promise<string> {
  rmSync(out, { recursive: true, force: true });
  const args = ['run', file, '--seed', String(seed), '--out', out];
  let timer: NodeJS.Timeout | undefined;
  const killed = await cli(args, {
    env,
    onStart: (child) => {
      if ('afterMs' in moment) timer = setTimeout(() => child.kill('SIGKILL'), moment.afterMs);
      if ('labDirectory' in moment)
        timer = setInterval(() => existsSync(moment.labDirectory) && child.kill('SIGKILL'), LOOK_EVERY_MS);
    },
    onOutput: (stdout, child) => {
      if ('said' in moment && stdout.includes(moment.said)) child.kill('SIGKILL');
    },
  });
  clearInterval(timer);
  expect(killed.signal, killed.stderr).toBe('SIGKILL');
  return killed.stdout.trimEnd().split('\n').pop() ?? '';
}

async function expectMadeEqual({ name, file }: RunningRig, after: string): Promise<void> {
  const resynced = await cli(['resync', file], { env });
  expect(resynced.code, `killed after "${after}": ${resynced.stderr}${resynced.stdout}`).toBe(0);
  const verified = await cli(['verify', file], { env });
  expect(verified.code, `killed after "${after}": ${verified.stderr}${verified.stdout}`).toBe(0);
  // Compared by a program that is not ours.
  const [p, s] = ['p', 's'].map((disk) =>
    join(
      '/dev',
      readlinkSync(join(state.dir, `lab-${name}`, `disk-${disk}`))
        .split('/')
        .pop()!,
    ),
  );
  const compared = spawnSync('cmp', [p, s], { encoding: 'utf8' });
  expect(compared.status, `killed after "${after}": ${compared.stdout}${compared.stderr}`).toBe(0);
}

/** From before the rig is open to the later cycles. */
const MOMENT_MS = [200, 5000] as const;
const FIRST = Number(process.env.PLUGPULL_SEED ?? 1);
const RANDOM = Array.from({ length: process.env.PLUGPULL_LONG ? 50 : 3 }, (_, i) => FIRST + i);

describe('after kill -9, resync makes P and S equal and verify agrees', () => {
  it.concurrent.each([
    ['format', 'open:'],
    ['prepare', 'format:'],
    ['the first verify', 'prepare:'],
    ['load', phaseLine('preflight')],
    ['the power-off time', phaseLine('cut')],
    ['restore, with the power off', phaseLine('dark')],
    ['recovery', phaseLine('identify')],
    ['resync', phaseLine('judge')],
  ])('in %s', (_phase, said) => onOneRig(async (rig) => expectMadeEqual(rig, await killRun(rig, { said }, 7))));

  it.concurrent.each(RANDOM)('at a drawn moment, seed %i', (seed) =>
    onOneRig(async (rig) =>
      expectMadeEqual(rig, await killRun(rig, { afterMs: uniform(mixSeed(seed, 0), ...MOMENT_MS) }, seed)),
    ),
  );
});

describe('after kill -9, the next run passes', () => {
  it.concurrent('while the power was off', () =>
    onOneRig(async (rig) => {
      const { file, out } = rig;
      await killRun(rig, { said: phaseLine('cut') }, 3);
      rmSync(out, { recursive: true, force: true });
      const again = await cli(['run', file, '--cycles', '2', '--out', out], { env });
      expect(again.code, again.stderr + again.stdout).toBe(0);
    }),
  );

  it.concurrent('while it started its lab', () =>
    onOneRig(async (rig) => {
      const { name, file, out } = rig;
      await labDown(name);
      await killRun(rig, { labDirectory: join(state.dir, `lab-${name}`) }, 3);
      rmSync(out, { recursive: true, force: true });
      const again = await cli(['run', file, '--cycles', '1', '--out', out, '--keep-lab'], { env });
      expect(again.code, again.stderr + again.stdout).toBe(0);
    }),
  );
});
