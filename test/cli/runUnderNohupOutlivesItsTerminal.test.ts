/**
 * A run under nohup goes on when its terminal closes; a run without nohup ends in order, with its records. Node.js
 * resets the SIGHUP that nohup ignores, so bin/plugpull looks at it before, and the program looks at its standard
 * input.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { labStatus } from '../../src/lab/lab.js';
import { ownStateDir } from '../campaign/labRig.js';
import { tinyRigText } from './tinyRig.js';

const NAME = 'nohup';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = `${process.execPath} ${join(ROOT, 'dist/cli/main.js')}`;
const LAUNCHER = join(ROOT, 'bin/plugpull');
const state = ownStateDir();
/** `powerOff`: long enough for the test to see that the power is off. */
function rigFile(powerOff: string): string {
  const file = join(state.dir, `${powerOff}.yaml`);
  writeFileSync(
    file,
    tinyRigText(NAME, { cycles: 1, dark: powerOff, cuts: ['{ rails: [P, S], during: load, after: 100ms }'] }),
  );
  return file;
}
afterAll(() => state.clean(NAME));

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** For a hang only. */
const HANG = { timeout: 60_000 };

/** Runs the command on a pseudo terminal and kills that once the power is off. Resolves to run.json. */
async function hungUp(
  name: string,
  file: string,
  command: (args: string) => string,
): Promise<{ verdict: string; interrupted: boolean }> {
  const cwd = join(state.dir, name);
  mkdirSync(cwd);
  writeFileSync(
    join(cwd, 'package.json'),
    JSON.stringify({ name: 'bench', scripts: { go: `${MAIN} run ${file} --out out` } }),
  );
  const terminal = spawn('script', ['--quiet', '--flush', '--command', command(`run ${file} --out out`), '/dev/null'], {
    cwd,
    env: {
      ...process.env,
      PLUGPULL_STATE_DIR: state.dir,
      TERM: 'dumb',
      PATH: `${join(process.execPath, '..')}:${process.env.PATH}`,
    },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const gone = new Promise((resolve) => terminal.once('close', resolve));
  // "cut" has ended: the power is off.
  await expect.poll(() => textOf(join(cwd, 'out', 'events.jsonl')), HANG).toContain('"phase":"cut"');
  terminal.kill('SIGKILL');
  await gone;
  await expect.poll(() => textOf(join(cwd, 'out', 'run.json')), HANG).toMatch(/"endedAt": "/);
  await expect.poll(() => existsSync(join(cwd, 'out', 'metrics.prom')), HANG).toBe(true);
  await expect.poll(() => labStatus(NAME), HANG).toBeNull();
  await expect.poll(() => existsSync(join(state.dir, `rig-${NAME}.lock`)), HANG).toBe(false);
  return JSON.parse(textOf(join(cwd, 'out', 'run.json'))) as { verdict: string; interrupted: boolean };
}

it.each<[string, (args: string) => string]>([
  ['nohup', (args) => `nohup ${MAIN} ${args}`],
  ['nohup-npm', () => 'nohup npm --no-update-notifier run go'],
  ['nohup-redirected', (args) => `nohup ${LAUNCHER} ${args} </dev/null >log 2>&1`],
])('%s: the run goes on to its end', async (name, command) => {
  expect(await hungUp(name, rigFile('1s'), command)).toMatchObject({ verdict: 'PASS', interrupted: false });
});

it('without nohup a SIGHUP ends the run in order', async () => {
  // Only the SIGHUP can end this power-off time.
  expect(await hungUp('direct', rigFile('10min'), (args) => `${LAUNCHER} ${args}`)).toMatchObject({
    verdict: 'INVALID',
    interrupted: true,
  });
});
