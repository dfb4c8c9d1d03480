/** Promise: after every end of `bench io`, its loop devices and their files are gone. */
import { describe, expect, it } from 'vitest';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { useTempFolder } from '../cli/benchRun.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const temp = useTempFolder();

/** Far longer than a slice of a round: a fio that a killed benchmark left running ends in this time. */
const GONE_MS = 30_000;

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  loopsBefore: string[];
  filesBefore: string[];
}

/** Sends the signal `afterMs` after the start of the first round, when the devices exist. */
function endedBy(signal: NodeJS.Signals, afterMs: number): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, 'bench', 'io', '--size', '16', '--seconds', '6', '--rounds', '2'], {
    env: { ...process.env, ...temp.env },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 100_000,
    killSignal: 'SIGKILL',
  });
  let loopsBefore: string[] = [];
  let filesBefore: string[] = [];
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (printed.includes('round 1')) return;
    printed += text;
    if (!printed.includes('round 1')) return;
    loopsBefore = temp.loops();
    filesBefore = temp.files();
    setTimeout(() => child.kill(signal), afterMs);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, by) => resolve({ code, signal: by, loopsBefore, filesBefore }));
  });
}

describe('bench io', () => {
  // A slice takes about 0.2 s: the signal comes during raw writes, during fio or in another slice.
  it.each([100, 400, 3_000])(
    'exits with 130 on Ctrl-C %i ms into a round, and removes its devices',
    async (afterMs) => {
      const ended = await endedBy('SIGINT', afterMs);
      expect(ended.loopsBefore).toHaveLength(3);
      expect(ended.code).toBe(130);
      // A program of udev can hold a changed device open.
      await expect.poll(temp.loops, { timeout: GONE_MS }).toEqual([]);
      expect(temp.files()).toEqual([]);
    },
  );

  it('leaves no device when it is killed', async () => {
    const ended = await endedBy('SIGKILL', 500);
    expect(ended.signal).toBe('SIGKILL');
    expect(ended.loopsBefore).toHaveLength(3);
    expect(ended.filesBefore).toEqual([]);
    await expect.poll(temp.loops, { timeout: GONE_MS }).toEqual([]);
  });
});
