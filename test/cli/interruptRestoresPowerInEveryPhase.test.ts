/**
 * Ctrl-C in each phase: exit 130, power restored (by what boards and disks answer), no lab, loop device or lock left.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it, type ExpectStatic } from 'vitest';
import { labStatus, labUp } from '../../src/lab/lab.js';
import { labRig, ownStateDir, rigText } from '../campaign/labRig.js';
import { cli, phaseLine } from './cli.js';

/** Not the synchronous ones: the cases run side by side, and each sends signals at the right moment. */
const run = promisify(execFile);
const state = ownStateDir();
const wishes = { cuts: ['{ rails: [P, S], during: load, after: 400ms }'], cycles: 50 };
afterAll(() => state.clean());

/** The profile of a rig of this name: each case has a rig of its own, so that the cases run side by side. */
function rigFile(name: string, switching?: string): string {
  const file = join(state.dir, `${name}.yaml`);
  writeFileSync(file, rigText(name, { ...wishes, settle: switching }));
  return file;
}

async function interruptedAt(line: string, name: string, args: string[] = []): ReturnType<typeof cli> {
  let sent = false;
  return cli(['run', rigFile(name), '--out', join(state.dir, `${name}-out`), ...args], {
    env: { PLUGPULL_STATE_DIR: state.dir },
    onOutput(stdout, child) {
      if (sent || !stdout.includes(line)) return;
      sent = true;
      child.kill('SIGINT');
    },
  });
}

/** For a hang only: a program of udev may hold a device that changed open for a moment. */
const GONE = { timeout: 30_000 };

async function loopsOf(name: string): Promise<string> {
  const { stdout } = await run('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE']);
  return stdout
    .split('\n')
    .filter((l) => l.includes(join(state.dir, `lab-${name}/`)))
    .join('\n');
}

describe('an interrupt', () => {
  // The line of a phase is printed when the phase ends, so the next phase runs then.
  it.concurrent.for([
    ['while P and S are prepared', 'format:', 'prepare'],
    ['during load', phaseLine('preflight'), 'load'],
    ['during the power-off time', phaseLine('cut'), 'off'],
    ['while power is restored', phaseLine('dark'), 'restore'],
    ['during recovery', phaseLine('identify'), 'recover'],
    ['during resync', phaseLine('judge'), 'resync'],
  ])('%s ends with 130, a partial record, and nothing left', async ([_what, line, name], { expect }) => {
    const result = await interruptedAt(line, name);
    expect(result.code, result.stderr).toBe(130);
    const run = JSON.parse(readFileSync(join(state.dir, `${name}-out`, 'run.json'), 'utf8')) as {
      interrupted: boolean;
    };
    expect(run.interrupted).toBe(true);
    expect(existsSync(join(state.dir, `${name}-out`, 'report.html'))).toBe(true);
    expect(await labStatus(name)).toBeNull();
    await expect.poll(() => loopsOf(name), GONE).toBe('');
    expect(existsSync(join(state.dir, `rig-${name}.lock`))).toBe(false);
  });

  it.concurrent('leaves a lab that was running before, with power on every rail', async ({ expect }) => {
    const lab = await labUp('kept', labRig('kept', wishes).lab!);
    const result = await interruptedAt(phaseLine('cut'), 'kept');
    expect(result.code, result.stderr).toBe(130);
    expect(await labStatus('kept')).not.toBeNull();
    const states = await cli(['relay', 'state', rigFile('kept'), '--json'], { env: { PLUGPULL_STATE_DIR: state.dir } });
    expect((JSON.parse(states.stdout) as { state: string }[]).map((r) => r.state)).toEqual(['on', 'on', 'on']);
    const answers = (node: string): Promise<boolean> =>
      run('dd', [`if=${node}`, 'of=/dev/null', 'bs=4096', 'count=1', 'iflag=direct']).then(
        () => true,
        () => false,
      );
    // On a busy host a virtual disk may answer late.
    for (const { node } of Object.values(lab.disks))
      await expect.poll(() => answers(node), { timeout: 30_000 }).toBe(true);
  });

  const READY = 'another Ctrl-C from now on restores power and ends at once';

  // An orderly end of these rigs takes longer than the second in which a further signal counts as the same request.
  const SLOW = '2500ms';

  const twiceAt = async (line: string, name: string): ReturnType<typeof cli> => {
    let sent = false;
    const result = await cli(['run', rigFile(name, SLOW), '--out', join(state.dir, `${name}-out`)], {
      env: { PLUGPULL_STATE_DIR: state.dir },
      onOutput(stdout, child) {
        if (sent || !stdout.includes(line)) return;
        sent = true;
        child.kill('SIGINT');
      },
      onError(stderr, child) {
        if (stderr.includes(READY)) child.kill('SIGINT');
      },
    });
    expect(result.stderr).toContain(READY);
    return result;
  };

  it.concurrent('sent twice still restores power', async () => {
    await labUp('twice', labRig('twice', wishes).lab!);
    const result = await twiceAt(phaseLine('cut'), 'twice');
    expect(result.code, result.stderr).toBe(130);
    const states = await cli(['relay', 'state', rigFile('twice'), '--json'], {
      env: { PLUGPULL_STATE_DIR: state.dir },
    });
    expect((JSON.parse(states.stdout) as { state: string }[]).map((r) => r.state)).toEqual(['on', 'on', 'on']);
  });

  const expectNothingLeft = async (
    result: Awaited<ReturnType<typeof cli>>,
    name: string,
    expect: ExpectStatic,
  ): Promise<void> => {
    expect(result.code, result.stderr).toBe(130);
    expect(await labStatus(name)).toBeNull();
    expect(existsSync(join(state.dir, `lab-${name}`))).toBe(false);
    await expect.poll(() => loopsOf(name), GONE).toBe('');
  };

  it.concurrent('sent twice still ends the lab that the run started', async ({ expect }) => {
    await expectNothingLeft(await twiceAt(phaseLine('cut'), 'own'), 'own', expect);
  });

  /** A lab starts within a second, too soon for a second signal. Returns the directory of the program. */
  function slowLosetup(): string {
    const dir = join(state.dir, 'slow-losetup');
    const real = execFileSync('which', ['losetup'], { encoding: 'utf8' }).trim();
    mkdirSync(dir);
    writeFileSync(join(dir, 'losetup'), `#!/bin/sh\nsleep 1\nexec ${real} "$@"\n`, { mode: 0o755 });
    return dir;
  }

  it.concurrent('sent twice ends a lab that the run is still starting', async ({ expect }) => {
    let looking: NodeJS.Timeout | undefined;
    // The last file that is created before the lab's process starts.
    const log = join(state.dir, 'lab-early', 'lab.log');
    const result = await cli(['run', rigFile('early', SLOW), '--out', join(state.dir, 'early-out')], {
      env: { PLUGPULL_STATE_DIR: state.dir, PATH: `${slowLosetup()}:${process.env.PATH}` },
      onStart(child) {
        looking = setInterval(() => {
          if (!existsSync(log)) return;
          clearInterval(looking);
          child.kill('SIGINT');
        }, 1);
      },
      onError(stderr, child) {
        if (stderr.includes(READY)) child.kill('SIGINT');
      },
    });
    clearInterval(looking);
    expect(result.stderr).toContain(READY);
    await expectNothingLeft(result, 'early', expect);
  });
});
