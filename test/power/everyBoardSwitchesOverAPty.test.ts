import fs from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import type { PowerController } from '../../src/power/index.js';
import { boardRef, openOne, startVirtualBoard, temporaryDir, type VirtualBoard } from './virtualBoard.js';

/** Board, channels, and what a switch of it can prove. */
const boards = [
  { type: 'lcus', channels: 4, evidence: 'read-back' },
  { type: 'modbus-rtu', channels: 8, evidence: 'read-back' },
] as const;

let board: VirtualBoard | null = null;
let power: PowerController | null = null;
const runtimeDir = temporaryDir();

afterEach(async () => {
  await power?.close();
  board?.close();
  fs.rmSync(runtimeDir, { recursive: true, force: true });
});

it.each(boards)('$type: every channel goes off and on, alone', async ({ type, channels, evidence }) => {
  board = startVirtualBoard(type, channels);
  power = await openOne(boardRef(type, board.tty, channels), { runtimeDir });
  for (let channel = 1; channel <= channels; channel += 1) {
    const off = await power.switchRail(`r${channel}`, 'off');
    expect(off.evidence).toBe(evidence);
    expect([...board.contacts].filter(([, on]) => !on).map(([c]) => c)).toEqual([channel]);
    const on = await power.switchRail(`r${channel}`, 'on');
    expect(on.commandNs).toBeGreaterThan(off.commandNs);
    expect(board.contacts.get(channel)).toBe(true);
  }
});
