/**
 * Once a switch of an `exec` board has ended, with or without an error, no process that it started can switch an
 * outlet. So power that the bench reports as restored stays on.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { fileOutlets, type OutletScripts } from './fileOutlets.js';
import { boardRef, closeAll, openOne, rail, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterAll(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

/** Timeout of one command. A shell starts in far less, on a busy machine too. */
const TIMEOUT_MS = 3000;
/** Sleeps longer than that timeout, also if the bench is paused meanwhile. */
const OFF_LATER = '(sleep 8; printf off > "$F")';
/** Longer than any script in this file sleeps. */
const LATE_MS = 8500;
const ALL_ON = { 1: 'on', 2: 'on', 3: 'on' };

const CASES: [string, Omit<OutletScripts, 'channels'>, RegExp][] = [
  [
    'one command fails while its siblings still run',
    { off: 'case $1 in 2) exit 3;; esac; sleep 1; printf off > "$F"', more: { parallel: true } },
    /channel 2.*exit code 3/,
  ],
  [
    'one command fails before the next one starts',
    { off: 'case $1 in 2) exit 3;; esac; sleep 0.1; printf off > "$F"' },
    /channel 2.*exit code 3.*reads on now/,
  ],
  [
    'a wrapper exceeds its timeout while its child still sleeps',
    { off: `${OFF_LATER} & wait`, timeoutMs: TIMEOUT_MS },
    /did not end within 3000 ms.*was killed.*reads on now/,
  ],
  [
    'a wrapper exceeds its timeout, and its grandchild ignores SIGTERM',
    { off: `trap '' TERM HUP INT; (trap '' TERM; ${OFF_LATER} & wait) & wait`, timeoutMs: TIMEOUT_MS },
    /was killed/,
  ],
  [
    'a child keeps running in the background with its output closed',
    { off: `${OFF_LATER} > /dev/null 2>&1 &`, timeoutMs: TIMEOUT_MS },
    /it or a process that it started did not end within 3000 ms/,
  ],
  [
    'a wrapper is killed with SIGKILL while its child still sleeps',
    { off: `${OFF_LATER} > /dev/null 2>&1 & kill -9 $$` },
    /killed by SIGKILL/,
  ],
];

describe('no outlet goes off after power is restored when', () => {
  it.concurrent.each(CASES)('%s', async (what, scripts, reported) => {
    const dir = path.join(runtimeDir, String(CASES.findIndex(([w]) => w === what)));
    const { options, outlets } = fileOutlets(dir, { channels: 3, ...scripts });
    const power = await openOne(
      boardRef('exec', '', 3, options),
      { runtimeDir },
      [1, 2, 3].map((n) => rail(`r${n}`, [n])),
    );
    await expect(power.switchRails(['r1', 'r2', 'r3'], 'off')).rejects.toMatchObject({
      code: 'RIG_BROKEN',
      message: expect.stringMatching(reported) as string,
      context: { causeCode: 'COMMAND_FAILED', restored: ['r1', 'r2', 'r3'] },
    });
    expect(outlets()).toEqual(ALL_ON);
    await sleep(LATE_MS);
    expect(outlets()).toEqual(ALL_ON);
  });
});

it('the switch waits for a child in the background that ends within the timeout', async () => {
  const { options, outlets } = fileOutlets(path.join(runtimeDir, 'background'), {
    channels: 1,
    off: '(sleep 0.3; printf off > "$F") > /dev/null 2>&1 &',
  });
  const power = await openOne(boardRef('exec', '', 1, options), { runtimeDir });
  await power.switchRail('r1', 'off');
  expect(outlets()).toEqual({ 1: 'off' });
});

it('channels are switched one after the other, or concurrently with parallel: true', async () => {
  for (const parallel of [false, true]) {
    const dir = path.join(runtimeDir, `order-${parallel}`);
    // With `parallel`, each script waits until the other has begun, however long its shell takes to start.
    const meanwhile = parallel ? `until [ "$(grep -c begin "${dir}/log")" -eq 2 ]; do sleep 0.05; done` : 'sleep 0.3';
    const { options, log } = fileOutlets(dir, {
      channels: 2,
      off: `${meanwhile}; printf off > "$F"`,
      more: { parallel },
    });
    const power = await openOne(boardRef('exec', '', 2, options), { runtimeDir }, [rail('both', [1, 2])]);
    await power.switchRail('both', 'off');
    if (parallel) expect(log().slice(0, 2).sort()).toEqual(['begin off 1', 'begin off 2']);
    else expect(log()).toEqual(['begin off 1', 'end off 1', 'begin off 2', 'end off 2']);
  }
});
