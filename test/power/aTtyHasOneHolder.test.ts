/**
 * A second process that opens a tty gets an error with pid and name of the holder. A lock of a dead holder is replaced.
 */

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { processNow, lockName, lockTty } from '../../src/power/transport/ttyLock.js';
import { holderOf } from '../../src/power/transport/ttyProblems.js';
import { boardRef, closeAll, openOne, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

it('a second bench fails with TTY_BUSY, with the pid and the rig of the first', async () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir, rigName: 'cellar' });
  await expect(openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir })).rejects.toMatchObject({
    code: 'TTY_BUSY',
    context: { tty: board.tty, holderPid: process.pid, holderName: 'cellar' },
  });
});

it('the lock works without a common lock file, and the holder is found by its open file', async () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  const other = temporaryDir();
  await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir: other });
  await expect(openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir })).rejects.toMatchObject({
    code: 'TTY_BUSY',
    context: { holderPid: process.pid },
  });
  expect(fs.readdirSync(runtimeDir).filter((name) => name.endsWith('.lock'))).toEqual([]);
  fs.rmSync(other, { recursive: true });
});

it('close releases the tty', async () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  const first = await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir });
  await first.close();
  const second = await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir });
  expect(await second.readRail('r1')).toMatchObject({ state: 'on' });
});

it('the lock file of a process that has ended is replaced', async () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  const child = spawn('true');
  await new Promise((resolve) => child.once('exit', resolve));
  leaveLock(board.tty, { pid: child.pid, startTicks: 1, rig: 'old' });
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir });
  expect(await power.readRail('r1')).toMatchObject({ state: 'on' });
});

it('a process that reuses the pid of a lock file is not its holder', () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  leaveLock(board.tty, { pid: process.pid, startTicks: 10 * processNow(process.pid)!.startTicks, rig: 'old' });
  lockTty(board.tty, 'new', runtimeDir).release();
});

it('an invalid lock file does not prevent a lock', () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  fs.writeFileSync(path.join(runtimeDir, `${lockName(board.tty)}.lock`), '{"pid":');
  lockTty(board.tty, 'new', runtimeDir).release();
});

it('a path that does not exist, or is a regular file, fails with TTY_MISSING', async () => {
  const file = path.join(runtimeDir, 'no-tty');
  fs.writeFileSync(file, '');
  for (const tty of ['/dev/ttyPLUGPULL99', file]) {
    await expect(openOne(boardRef('lcus', tty, 1), { runtimeDir })).rejects.toMatchObject({
      code: 'TTY_MISSING',
      context: { tty },
    });
  }
});

function leaveLock(tty: string, holder: object): void {
  fs.writeFileSync(path.join(runtimeDir, `${lockName(tty)}.lock`), JSON.stringify(holder));
}

it('of all processes that have a tty open, TTY_BUSY names the one that locked it', async () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  // This process has the other end of the pty open; the child locks the tty.
  const child = spawn('flock', ['--no-fork', board.tty, 'sleep', '60'], { stdio: 'ignore' });
  try {
    // `flock` locks the tty, then executes `sleep` in the same process.
    await expect.poll(() => holderOf(board.tty), { timeout: 30_000 }).toEqual({ pid: child.pid, name: 'sleep' });
    await expect(openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir })).rejects.toMatchObject({
      code: 'TTY_BUSY',
      context: { holderPid: child.pid, holderName: 'sleep' },
    });
  } finally {
    child.kill();
  }
});
