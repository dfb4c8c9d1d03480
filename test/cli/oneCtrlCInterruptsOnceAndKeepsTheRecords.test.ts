/**
 * One Ctrl-C is one interrupt, even when it arrives as two signals: power restored, exit 130, and every record written.
 * npm forwards the signal that the terminal has delivered to the program already.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { labStatus } from '../../src/lab/lab.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { tinyRigText } from './tinyRig.js';

const NAME = 'one-ctrl-c';
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const file = join(state.dir, 'rig.yaml');
// Once the line "cut" is printed the power is off.
writeFileSync(
  file,
  tinyRigText(NAME, { cycles: 50, dark: '1s', cuts: ['{ rails: [P, S], during: load, after: 100ms }'] }),
);
afterAll(() => state.clean(NAME));

async function expectRecords(out: string): Promise<void> {
  const read = (): { interrupted?: boolean; endedAt?: string } =>
    existsSync(join(out, 'run.json')) ? (JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as object) : {};
  // For a hang only. The bench may end later than npm.
  await expect.poll(read, { timeout: 60_000 }).toMatchObject({ interrupted: true, endedAt: expect.any(String) });
  for (const name of ['report.html', 'junit.xml', 'metrics.prom'])
    await expect.poll(() => existsSync(join(out, name)), { message: name, timeout: 60_000 }).toBe(true);
  await expect.poll(() => labStatus(NAME), { timeout: 60_000 }).toBeNull();
  await expect.poll(() => existsSync(join(state.dir, `rig-${NAME}.lock`)), { timeout: 60_000 }).toBe(false);
}

/** Runs the command on a pseudo terminal; `typeAt` returns what to type, from the output so far. */
function onTerminal(command: string, cwd: string, typeAt: (output: string) => string | null): Promise<string> {
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    cwd,
    env: { ...process.env, ...env, TERM: 'dumb' },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 200_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    const keys = typeAt(output);
    if (keys !== null) child.stdin.write(keys);
  });
  return new Promise((resolve) => child.once('close', () => resolve(output)));
}

it.each(['/bin/sh', '/bin/bash'])('typed at npm, whose scripts run in %s', async (shell) => {
  const dir = join(state.dir, `npm${shell.replaceAll('/', '-')}`);
  const out = join(dir, 'out');
  mkdirSync(dir);
  writeFileSync(
    join(dir, 'package.json'),
    JSON.stringify({ name: 'bench', scripts: { go: `${process.execPath} ${MAIN} run ${file} --out ${out}` } }),
  );
  let typed = false;
  const output = await onTerminal(`npm --script-shell=${shell} --no-update-notifier run go`, dir, (text) => {
    if (typed || !text.includes('  cut:')) return null;
    typed = true;
    return '\u0003';
  });
  expect(typed, output).toBe(true);
  await expectRecords(out);
});

it.each<[string, NodeJS.Signals, NodeJS.Signals]>([
  ['int', 'SIGINT', 'SIGINT'],
  ['int-term', 'SIGINT', 'SIGTERM'],
  ['hup', 'SIGHUP', 'SIGHUP'],
])('two signals at once: %s', async (name, first, second) => {
  const out = join(state.dir, name);
  let sent = false;
  const result = await cli(['run', file, '--out', out], {
    env,
    onOutput(stdout, child) {
      if (sent || !stdout.includes('  cut:')) return;
      sent = true;
      child.kill(first);
      setTimeout(() => child.kill(second), 1);
    },
  });
  expect(result.code, result.stderr).toBe(130);
  await expectRecords(out);
});
