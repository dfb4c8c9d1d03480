/**
 * While the engine is halted at a cut point, Ctrl-C restores power and exits 130, and `resync` repairs what a kill -9
 * leaves. The disks have a long hold-up time, so that the signal comes while the engine is halted.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { labStatus } from '../../src/lab/lab.js';
import { ownStateDir, rigText } from '../campaign/labRig.js';
import { cli, type CliResult } from './cli.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
afterAll(() => state.clean());

const HOLD = 'holdUp: 1500ms';

function rig(at: string): string {
  const file = join(state.dir, `${at}.yaml`);
  writeFileSync(
    file,
    rigText(`at-${at}`, {
      cuts: [`{ rails: [P, S, J], at: ${at} }`],
      cycles: 3,
      diskOptions: HOLD,
      deadlines: '{ cut: 8s, return: 10s }',
    }),
  );
  return file;
}

/** Signals the bench when the last of `arms` cuts has been commanded; the phase "cut" runs then. */
function signalled(at: string, arms: number, signal: NodeJS.Signals): Promise<CliResult> {
  let sent = false;
  return cli(['run', rig(at), '--out', join(state.dir, `out-${at}-${signal}`)], {
    env,
    onOutput(stdout, child) {
      if (sent || stdout.split('  arm:').length - 1 < arms) return;
      sent = true;
      child.kill(signal);
    },
  });
}

describe('an interrupt while the engine is halted', () => {
  it.concurrent.each([
    ['both-completed', 1],
    ['log-write', 1],
    ['copy-durable', 2],
    ['dirty-read', 2],
  ])('at %s', async (at, arms) => {
    const result = await signalled(at, arms, 'SIGINT');
    expect(result.code, result.stderr).toBe(130);
    expect(result.stdout).not.toMatch(/^cycle 0: (PASS|FAIL|INVALID)/m);
    expect(result.stdout).toContain('end:');
    expect(await labStatus(`at-${at}`)).toBeNull();
  });
});

it('resync makes P and S equal after a kill at a cut point', async () => {
  const killed = await signalled('primary-only', 1, 'SIGKILL');
  expect(killed.signal).toBe('SIGKILL');
  const file = join(state.dir, 'primary-only.yaml');
  const resync = await cli(['resync', file], { env });
  expect(resync.code, resync.stderr).toBe(0);
  const verify = await cli(['verify', file], { env });
  expect(verify.code, verify.stdout + verify.stderr).toBe(0);
});
