/** The second process gets the holder's name; the lock of a dead holder is taken over. */

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

it('a second bench gets TTY_BUSY with pid and rig of the first', async () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir, rigName: 'cellar' });
  await expect(openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir })).rejects.toMatchObject({
    code: 'TTY_BUSY',
    context: { tty: board.tty, holderPid: process.pid, holderName: 'cellar' },
  });
});

it('a program that knows nothing of lock files is kept out, and found by its open file', async () => {
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

it('close gives the tty back', async () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  const first = await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir });
  await first.close();
  const second = await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir });
  expect(await second.readRail('r1')).toMatchObject({ state: 'on' });
});

it('the lock of a process that is gone is taken over', async () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  const child = spawn('true');
  await new Promise((resolve) => child.once('exit', resolve));
  leaveLock(board.tty, { pid: child.pid, startTicks: 1, rig: 'old' });
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir });
  expect(await power.readRail('r1')).toMatchObject({ state: 'on' });
});

it('a pid that was given to another process since is not the holder', () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  leaveLock(board.tty, { pid: process.pid, startTicks: 10 * processNow(process.pid)!.startTicks, rig: 'old' });
  lockTty(board.tty, 'new', runtimeDir).release();
});

it('an invalid lock file names no holder', () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  fs.writeFileSync(path.join(runtimeDir, `${lockName(board.tty)}.lock`), '{"pid":');
  lockTty(board.tty, 'new', runtimeDir).release();
});

it('a tty that is not there, and a file that is none: TTY_MISSING', async () => {
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

it('of all processes that have a tty open, the one that locked it is named', async () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  // This process has the far end open already; the locker is another one.
  const child = spawn('flock', ['--no-fork', board.tty, 'sleep', '60'], { stdio: 'ignore' });
  try {
    // It locks first, and becomes the command then.
    await expect.poll(() => holderOf(board.tty), { timeout: 30_000 }).toEqual({ pid: child.pid, name: 'sleep' });
    await expect(openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir })).rejects.toMatchObject({
      code: 'TTY_BUSY',
      context: { holderPid: child.pid, holderName: 'sleep' },
    });
  } finally {
    child.kill();
  }
});
