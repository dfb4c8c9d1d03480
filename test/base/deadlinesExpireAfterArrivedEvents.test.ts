/** On the real event loop, which the test blocks: events that have arrived are delivered before a deadline expires. */
import { afterEach, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attended, systemClock } from '../../src/base/systemClock.js';
import type { HostPause } from '../../src/base/attendedTime.js';
import { within } from '../../src/campaign/within.js';

const nothing = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread; others continue. */
function blockThread(ms: number): void {
  Atomics.wait(nothing, 0, 0, ms);
}

const folder = mkdtempSync(join(tmpdir(), 'attended-'));
const file = join(folder, 'file');
writeFileSync(file, 'x');
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a deadline', () => {
  it('that passed while the loop was blocked expires after the events that arrived meanwhile, and the pause is reported', async () => {
    const reported: HostPause[] = [];
    const removeListener = attended.onPause((pause) => reported.push(pause));
    const read = within(systemClock, 1000, 'a read that is done at once', readFile(file, 'utf8'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const slow = within(
      systemClock,
      1000,
      'one that takes its time',
      readFile(file, 'utf8').then(async (text) => (await new Promise((resolve) => setTimeout(resolve, 300)), text)),
    );
    blockThread(1500);
    expect(await Promise.all([read, slow])).toEqual(['x', 'x']);
    removeListener();
    expect(Math.max(...reported.map(({ ms }) => ms))).toBeGreaterThan(1000);
  });

  it('expires when no event arrives', async () => {
    const never = within(systemClock, 50, 'nothing', new Promise(() => undefined));
    await expect(never).rejects.toMatchObject({ code: 'HARDWARE_FAILED' });
  });

  it('that is canceled does not expire', async () => {
    let came = false;
    const cancel = attended.after(5, () => (came = true));
    cancel();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(came).toBe(false);
  });

  it('beyond the longest timer of Node does not expire at once', async () => {
    let came = false;
    const cancel = attended.after(2 ** 40, () => (came = true));
    await new Promise((resolve) => setTimeout(resolve, 30));
    cancel();
    expect(came).toBe(false);
  });
});
