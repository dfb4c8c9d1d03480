/** Ctrl-C in each phase: exit 130, power back (asked of the boards and of the disks), nothing left behind. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { labDown, labStatus, labUp } from '../../src/lab/lab.js';
import { labRig, ownStateDir, rigText } from '../campaign/labRig.js';
import { cli } from './cli.js';

const state = ownStateDir();
const NAME = 'interrupt';
const file = join(state.dir, 'rig.yaml');
const wishes = { cuts: ['{ rails: [P, S], during: load, after: 400ms }'], cycles: 50 };
writeFileSync(file, rigText(NAME, wishes));
// An orderly end takes longer than the second in which a further signal is the same wish.
const slowFile = join(state.dir, 'slow.yaml');
writeFileSync(slowFile, rigText(NAME, { ...wishes, settle: '2500ms' }));
afterAll(() => state.clean(NAME));

async function interruptedAt(line: string, out: string, args: string[] = []): ReturnType<typeof cli> {
  let sent = false;
  return cli(['run', file, '--out', join(state.dir, out), ...args], {
    env: { PLUGPULL_STATE_DIR: state.dir },
    onOutput(stdout, child) {
      if (sent || !stdout.includes(line)) return;
      sent = true;
      child.kill('SIGINT');
    },
  });
}

/** For a hang only: a program of udev may look at a device that changed, and the kernel lets it. */
const GONE = { timeout: 30_000 };

function loopsOf(dir: string): string {
  return execFileSync('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE'], { encoding: 'utf8' })
    .split('\n')
    .filter((l) => l.includes(dir))
    .join('\n');
}

describe('an interrupt', () => {
  // A phase is printed when it has ended: after the line the next one runs.
  it.each([
    ['while P and S are prepared', 'format:', 'prepare'],
    ['during load', '  preflight:', 'load'],
    ['in the dark', '  cut:', 'dark'],
    ['while devices come back', '  dark:', 'restore'],
    ['during recovery', '  identify:', 'recover'],
    ['during resync', '  judge:', 'resync'],
  ])('%s ends with 130, a partial record, and nothing left', async (_what, line, name) => {
    const result = await interruptedAt(line, name);
    expect(result.code, result.stderr).toBe(130);
    const run = JSON.parse(readFileSync(join(state.dir, name, 'run.json'), 'utf8')) as { interrupted: boolean };
    expect(run.interrupted).toBe(true);
    expect(existsSync(join(state.dir, name, 'report.html'))).toBe(true);
    expect(await labStatus(NAME)).toBeNull();
    await expect.poll(() => loopsOf(state.dir), GONE).toBe('');
    expect(existsSync(join(state.dir, `rig-${NAME}.lock`))).toBe(false);
  });

  it('leaves a lab that was running before, with power on every rail', async () => {
    const lab = await labUp(NAME, labRig(NAME, wishes).lab!);
    const result = await interruptedAt('  cut:', 'kept');
    expect(result.code, result.stderr).toBe(130);
    expect(await labStatus(NAME)).not.toBeNull();
    const states = await cli(['relay', 'state', file, '--json'], { env: { PLUGPULL_STATE_DIR: state.dir } });
    expect((JSON.parse(states.stdout) as { state: string }[]).map((r) => r.state)).toEqual(['on', 'on', 'on']);
    const answers = (node: string): boolean =>
      spawnSync('dd', [`if=${node}`, 'of=/dev/null', 'bs=4096', 'count=1', 'iflag=direct']).status === 0;
    // A disk of a busy lab may take its time.
    for (const { node } of Object.values(lab.disks))
      await expect.poll(() => answers(node), { timeout: 30_000 }).toBe(true);
  });

  const READY = 'another Ctrl-C from now on restores power and ends at once';

  const twiceAt = async (line: string, out: string): ReturnType<typeof cli> => {
    let sent = false;
    const result = await cli(['run', slowFile, '--out', join(state.dir, out)], {
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

  it('sent twice still restores power', async () => {
    await labUp(NAME, labRig(NAME, wishes).lab!);
    const result = await twiceAt('  cut:', 'twice');
    expect(result.code, result.stderr).toBe(130);
    const states = await cli(['relay', 'state', file, '--json'], { env: { PLUGPULL_STATE_DIR: state.dir } });
    expect((JSON.parse(states.stdout) as { state: string }[]).map((r) => r.state)).toEqual(['on', 'on', 'on']);
  });

  const expectNothingLeft = async (result: Awaited<ReturnType<typeof cli>>): Promise<void> => {
    expect(result.code, result.stderr).toBe(130);
    expect(await labStatus(NAME)).toBeNull();
    expect(existsSync(join(state.dir, `lab-${NAME}`))).toBe(false);
    await expect.poll(() => loopsOf(state.dir), GONE).toBe('');
  };

  it('sent twice still ends a lab of its own', async () => {
    await labDown(NAME);
    await expectNothingLeft(await twiceAt('  cut:', 'own'));
  });

  it('sent twice ends a lab of its own that is still coming up', async () => {
    await labDown(NAME);
    let looking: NodeJS.Timeout | undefined;
    // The last thing that is made before the lab's process.
    const log = join(state.dir, `lab-${NAME}`, 'lab.log');
    const result = await cli(['run', slowFile, '--out', join(state.dir, 'early')], {
      env: { PLUGPULL_STATE_DIR: state.dir },
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
    await expectNothingLeft(result);
  });
});
