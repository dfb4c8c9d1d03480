/** On the real event loop, which stands still because the test holds it: what has arrived is delivered before a deadline is judged. */
import { afterEach, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attended, systemClock } from '../../src/base/systemClock.js';
import type { HostPause } from '../../src/base/attendedTime.js';
import { within } from '../../src/campaign/within.js';

const nothing = new Int32Array(new SharedArrayBuffer(4));

/** The thread does nothing for so long; others go on. */
function standStill(ms: number): void {
  Atomics.wait(nothing, 0, 0, ms);
}

const folder = mkdtempSync(join(tmpdir(), 'attended-'));
const file = join(folder, 'file');
writeFileSync(file, 'x');
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a deadline', () => {
  it('that passed while the loop stood still is judged after what came meanwhile, and the standstill is told', async () => {
    const told: HostPause[] = [];
    const deaf = attended.onPause((standstill) => told.push(standstill));
    const read = within(systemClock, 1000, 'a read that is done at once', readFile(file, 'utf8'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const slow = within(
      systemClock,
      1000,
      'one that takes its time',
      readFile(file, 'utf8').then(async (text) => (await new Promise((resolve) => setTimeout(resolve, 300)), text)),
    );
    standStill(1500);
    expect(await Promise.all([read, slow])).toEqual(['x', 'x']);
    deaf();
    expect(Math.max(...told.map(({ ms }) => ms))).toBeGreaterThan(1000);
  });

  it('comes all the same when nothing does', async () => {
    const never = within(systemClock, 50, 'nothing', new Promise(() => undefined));
    await expect(never).rejects.toMatchObject({ code: 'HARDWARE_FAILED' });
  });

  it('that is cancelled does not come', async () => {
    let came = false;
    const cancel = attended.after(5, () => (came = true));
    cancel();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(came).toBe(false);
  });

  it('further away than a timer of Node reaches does not come at once', async () => {
    let came = false;
    const cancel = attended.after(2 ** 40, () => (came = true));
    await new Promise((resolve) => setTimeout(resolve, 30));
    cancel();
    expect(came).toBe(false);
  });
});
