/** However `bench io` ends, its loop devices and their files are gone. */
import { describe, expect, it } from 'vitest';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { useTempFolder } from '../cli/benchRun.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const temp = useTempFolder();

/** Far beyond a slice of a round: what a killed bench leaves running (fio) ends by itself in that time. */
const GONE_MS = 30_000;

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  loopsBefore: string[];
  filesBefore: string[];
}

/** Sends the signal a while after the first round has begun; the devices are there then. */
function endedBy(signal: NodeJS.Signals, afterMs: number): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, 'bench', 'io', '--size', '16', '--seconds', '30', '--rounds', '2'], {
    env: { ...process.env, ...temp.env },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 100_000,
    killSignal: 'SIGKILL',
  });
  let loopsBefore: string[] = [];
  let filesBefore: string[] = [];
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (told.includes('round 1')) return;
    told += text;
    if (!told.includes('round 1')) return;
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
  // One slice is about a second: during our own writes, during fio's or another's, and in the mirrored path.
  it.each([100, 1_500, 14_000])(
    'ends with 130 on Ctrl-C %i ms into a round, and takes its devices away',
    async (afterMs) => {
      const ended = await endedBy('SIGINT', afterMs);
      expect(ended.loopsBefore).toHaveLength(3);
      expect(ended.code).toBe(130);
      // A program of udev may look at a device that changed, and the kernel lets it.
      await expect.poll(temp.loops, { timeout: GONE_MS }).toEqual([]);
      expect(temp.files()).toEqual([]);
    },
  );

  it('killed, has nothing left that could stay', async () => {
    const ended = await endedBy('SIGKILL', 500);
    expect(ended.signal).toBe('SIGKILL');
    expect(ended.loopsBefore).toHaveLength(3);
    expect(ended.filesBefore).toEqual([]);
    await expect.poll(temp.loops, { timeout: GONE_MS }).toEqual([]);
  });
});
