/** If the bench sends one frame for each channel, each rail has the time of its own frame. */

import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { boardRef, closeAll, openOne, rail, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

const GAP_MS = 60;
const NS_PER_MS = 1e6;

it('with one frame for each channel, the times differ by at least the gap between frames', async () => {
  const { tty } = startVirtualBoard('lcus', 4);
  const power = await openOne(boardRef('lcus', tty, 4, { gapMs: GAP_MS }), { runtimeDir }, [
    rail('a', [1]),
    rail('two', [2, 3]),
    rail('b', [4]),
  ]);
  const [a, two, b] = (await power.switchRails(['a', 'two', 'b'], 'off')).map(({ commandNs }) => commandNs / NS_PER_MS);
  // A rail of two channels is off with its second frame. The limits are half a gap lower, because the gap counts from
  // the end of a frame and `commandNs` from another moment.
  expect(two - a).toBeGreaterThan(1.5 * GAP_MS);
  expect(b - two).toBeGreaterThan(0.5 * GAP_MS);
});

it('with one frame for all channels, all rails have the same time', async () => {
  const { tty } = startVirtualBoard('modbus-rtu', 2);
  const power = await openOne(boardRef('modbus-rtu', tty, 2), { runtimeDir });
  const times = (await power.switchRails(['r1', 'r2'], 'off')).map(({ commandNs }) => commandNs);
  expect(new Set(times).size).toBe(1);
});
