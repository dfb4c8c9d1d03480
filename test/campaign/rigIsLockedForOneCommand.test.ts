/** Promise: one command at a time holds a rig. The lock of a process that has ended holds no other command up. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CampaignError } from '../../src/campaign/errors.js';
import { lockRig, rigHolder } from '../../src/campaign/session/rigLock.js';
import { processNow } from '../../src/power/transport/ttyLock.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'plugpull-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const lockFile = (): string => join(dir, 'rig-bench.lock');

describe('a rig lock', () => {
  it('refuses a second holder and names the first', () => {
    const lock = lockRig('bench', 'plugpull run', dir);
    const second = (): unknown => lockRig('bench', 'plugpull verify', dir);
    expect(second).toThrow(CampaignError);
    expect(second).toThrow(new RegExp(`process ${process.pid} \\(plugpull run\\) since 20`));
    lock.release();
    lockRig('bench', 'plugpull verify', dir).release();
  });

  it('leaves other rigs unlocked', () => {
    const lock = lockRig('bench', 'plugpull run', dir);
    lockRig('other', 'plugpull run', dir).release();
    lock.release();
  });

  it('passes to the next command when its process has ended', async () => {
    const child = spawn('sleep', ['60']);
    const startTicks = processNow(child.pid!)!.startTicks;
    writeFileSync(lockFile(), JSON.stringify({ pid: child.pid, startTicks, command: 'plugpull run', since: 'then' }));
    expect(rigHolder('bench', dir)?.pid).toBe(child.pid);
    expect(() => lockRig('bench', 'plugpull run', dir)).toThrow(CampaignError);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    lockRig('bench', 'plugpull run', dir).release();
  });

  it('passes to the next command when another process has the pid', () => {
    writeFileSync(
      lockFile(),
      JSON.stringify({ pid: process.pid, startTicks: 1, command: 'plugpull run', since: 'then' }),
    );
    expect(rigHolder('bench', dir)).toBeNull();
    lockRig('bench', 'plugpull run', dir).release();
  });

  it('passes to the next command when its file is incomplete', () => {
    writeFileSync(lockFile(), '{"pid": 12');
    lockRig('bench', 'plugpull run', dir).release();
  });

  it('leaves no file behind, and a second release does not touch a later lock', () => {
    const first = lockRig('bench', 'plugpull run', dir);
    first.release();
    const second = lockRig('bench', 'plugpull run', dir);
    first.release();
    expect(existsSync(lockFile())).toBe(true);
    second.release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('that can not be written is refused with the path and the remedy', () => {
    expect(() => lockRig('bench', 'plugpull run', '/proc/self')).toThrow(
      /can't be written to \/proc\/self .*run as root/,
    );
  });
});
