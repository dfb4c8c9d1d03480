/** kill -9 of the bench under load: the lab goes on, and `resync` makes P and S equal from the journal alone. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { labUp } from '../../src/lab/lab.js';
import { labRig, ownStateDir, rigText } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { expectResyncMakesCopiesEqual } from './expectCopiesEqual.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const file = join(state.dir, 'rig.yaml');
const wishes = { cuts: ['{ rails: [P], during: load, after: 30s }'] };
writeFileSync(file, rigText('killed', wishes));
afterAll(() => state.clean('killed'));

/** So many writes of S have completed at the kill: each had durable evidence before it was submitted. */
const WRITES = 100;
const LOOK_AGAIN_MS = 10;

/**
 * Resolves when WRITES more writes of the device have completed: the fifth number of Documentation/admin-guide/iostats.
 */
async function writtenSince(loop: string, ended: AbortSignal): Promise<void> {
  const writes = (): number =>
    Number(
      readFileSync(`/sys/block/${basename(loop)}/stat`, 'utf8')
        .trim()
        .split(/\s+/)[4],
    );
  const before = writes();
  while (!ended.aborted && writes() < before + WRITES) await delay(LOOK_AGAIN_MS);
}

describe('after kill -9 of the bench', () => {
  it('the rig is free, its dirty regions are known, and resync makes P and S equal', async () => {
    const { disks } = await labUp('killed', labRig('killed', wishes).lab!);
    const ended = new AbortController();
    let watching: Promise<void> | null = null;
    const killed = await cli(['run', file, '--out', join(state.dir, 'out')], {
      env,
      onOutput: (stdout, child) => {
        if (!stdout.includes('  preflight:')) return;
        watching ??= writtenSince(disks['s'].loop!, ended.signal).then(() => void child.kill('SIGKILL'));
      },
    });
    ended.abort();
    await watching;
    expect(killed.signal).toBe('SIGKILL');

    const inspected = await cli(['inspect', file, '--json'], { env });
    expect(inspected.code, inspected.stderr).toBe(0);
    expect((JSON.parse(inspected.stdout) as { dirtyRegions: number }).dirtyRegions).toBeGreaterThan(0);

    await expectResyncMakesCopiesEqual(file, env);
  });

  it('a second run is refused while the first goes on, and names its process', async () => {
    const first = spawn(process.execPath, ['dist/cli/main.js', 'run', file, '--out', join(state.dir, 'first')], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const closed = new Promise((resolve) => first.once('close', resolve));
    try {
      await new Promise((resolve) => first.stdout.once('data', resolve));
      const second = await cli(['run', file, '--out', join(state.dir, 'second')], { env });
      expect(second.code).toBe(4);
      expect(second.stderr).toContain(`process ${first.pid} (plugpull run)`);
    } finally {
      first.kill('SIGINT');
      await closed;
    }
  });
});
