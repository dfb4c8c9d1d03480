/** `plan` estimates the duration from the newest run of the same profile, and names that run. */
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ownStateDir } from '../campaign/labRig.js';
import { cli, type CliResult } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const state = ownStateDir();
afterAll(() => state.clean());
const file = join(state.dir, 'rig.yaml');
const wishes = { cycles: 2, cuts: ['{ rails: [P], during: load, after: 50ms }'] };
writeFileSync(file, tinyRigText('planned', wishes));
const run = (...args: string[]): Promise<CliResult> =>
  cli(args, { env: { PLUGPULL_STATE_DIR: state.dir }, cwd: state.dir });

interface Plan {
  estimate: { fromSeconds: number; toSeconds: number } | null;
  estimatedFrom: string | null;
  secondsAtLeast: number;
}
const planOf = async (...args: string[]): Promise<Plan> =>
  JSON.parse((await run('plan', file, '--json', ...args)).stdout) as Plan;

it('before a run a lower bound; after one a range around it, scaled to the cycles; not for another profile', async () => {
  const before = await run('plan', file);
  expect(before.stdout).toMatch(
    /^time: at least 0\.2 s for loads and outages; no run of this profile in runs\/ to estimate the rest from$/m,
  );

  expect((await run('run', file)).code).toBe(0);
  const [name] = readdirSync(join(state.dir, 'runs'));
  const directory = join('runs', name);
  const { startedAt, endedAt } = JSON.parse(readFileSync(join(state.dir, directory, 'run.json'), 'utf8')) as {
    startedAt: string;
    endedAt: string;
  };
  const tookSeconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  const same = await planOf();
  expect(same.estimatedFrom).toBe(directory);
  expect(same.estimate!.fromSeconds).toBeLessThan(tookSeconds + 0.5);
  expect(same.estimate!.toSeconds).toBeGreaterThan(tookSeconds - 0.5);
  expect((await run('plan', file)).stdout).toContain(`, as in ${directory}\n`);

  // The start and the end of a run take the same time for any number of cycles.
  const many = await planOf('--cycles', '200', '--seed', '7');
  const perCycle = (many.estimate!.fromSeconds - same.estimate!.fromSeconds) / 198;
  expect(perCycle).toBeGreaterThan(0.08);
  expect(perCycle).toBeLessThan(tookSeconds / 2);

  writeFileSync(file, tinyRigText('planned', { ...wishes, areaSize: '8MiB' }));
  expect(await planOf()).toMatchObject({ estimate: null, estimatedFrom: null });
  const other = await run('plan', file, '--like', directory);
  expect(other.code).toBe(2);
  expect(other.stderr).toMatch(/its profile is not the same/);
  writeFileSync(
    file,
    tinyRigText('planned', { cycles: 5, seed: 9, cuts: ['{ rails: [S], during: resync, after: 5ms }'] }),
  );
  expect((await planOf()).estimatedFrom, 'other cuts, cycles and seeds are the same profile').toBe(directory);

  // A directory without run.json is skipped; named by --like it is refused.
  renameSync(join(state.dir, directory, 'run.json'), join(state.dir, directory, 'run.json.new'));
  expect((await planOf()).estimatedFrom).toBeNull();
  const broken = await run('plan', file, '--like', directory);
  expect(broken.code).toBe(2);
  expect(broken.stderr).toMatch(/run\.json does not exist/);
});
