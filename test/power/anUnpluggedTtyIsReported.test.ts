import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { requireTty } from '../../src/power/transport/ttyProblems.js';
import { boardRef, closeAll, openOne, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(async () => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  await closeAll();
});
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

it('a board that is unplugged while it is open fails with TTY_FAILED, and its lock file is removed', async () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir });
  await power.switchRail('r1', 'off');
  board.close();
  await expect(power.switchRail('r1', 'on')).rejects.toMatchObject({
    code: 'RIG_BROKEN',
    cause: { code: 'TTY_FAILED' },
  });
  await power.close();
  expect(fs.readdirSync(runtimeDir).filter((name) => name.endsWith('.lock'))).toEqual([]);
});

it('a tty that this user may not open fails with TTY_PERMISSION', () => {
  const board = startVirtualBoard('modbus-rtu', 8);
  // The kernel refuses root nothing, and the suite may run as root.
  vi.spyOn(fs, 'accessSync').mockImplementation(() => {
    throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
  });
  syncBuiltinESMExports();
  expect(() => requireTty(board.tty)).toThrow(
    expect.objectContaining({ code: 'TTY_PERMISSION', context: { tty: board.tty } }),
  );
});
