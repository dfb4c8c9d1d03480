/** The contract of every board of the catalogue, against its strict peer behind a pty. */

import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { catalogue } from '../../src/power/catalogue/index.js';
import { boardRef, closeAll, openOne, rail, startVirtualBoard, temporaryDir } from './virtualBoard.js';

/** Board, channels, and what confirms a switch. */
const boards = [
  { type: 'lcus', channels: 4, evidence: 'read-back' },
  { type: 'numato', channels: 16, evidence: 'read-back' },
  { type: 'numato', channels: 32, evidence: 'read-back' },
  { type: 'numato', channels: 64, evidence: 'read-back' },
  { type: 'kmtronic', channels: 2, evidence: 'read-back' },
  { type: 'kmtronic', channels: 8, evidence: 'read-back' },
  { type: 'devantech', channels: 8, evidence: 'read-back' },
  { type: 'icse', channels: 2, evidence: 'none' },
  { type: 'icse', channels: 8, evidence: 'none' },
  { type: 'conrad', channels: 8, evidence: 'read-back' },
  { type: 'denkovi16', channels: 16, evidence: 'read-back' },
  { type: 'sainsmart16', channels: 16, evidence: 'echo' },
  { type: 'modbus-rtu', channels: 8, evidence: 'read-back' },
  { type: 'modbus-r421a', channels: 8, evidence: 'read-back' },
  { type: 'firmata', channels: 4, evidence: 'echo' },
  { type: 'scpi', channels: 1, evidence: 'measured' },
  { type: 'scpi-siglent', channels: 3, evidence: 'measured' },
] as const;

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

it('the table contains every board of the catalogue', () => {
  expect([...new Set(boards.map((board) => board.type))]).toEqual([...catalogue.keys()]);
});

it.each(boards)('$type with $channels: each rail goes off and on by itself', async ({ type, channels, evidence }) => {
  const board = startVirtualBoard(type, channels);
  const power = await openOne(boardRef(type, board.tty, channels), { runtimeDir, openWire: board.openWire });
  const known = evidence === 'read-back' || evidence === 'measured';
  // The first, the last and a middle channel are enough to detect a wrong digit or bit.
  for (const channel of new Set([1, Math.ceil(channels / 2), channels])) {
    const off = await power.switchRail(`r${channel}`, 'off');
    await board.allReceived();
    expect(off).toMatchObject({ rail: `r${channel}`, evidence, state: known ? 'off' : 'unknown' });
    expect([...board.contacts].filter(([, on]) => !on).map(([open]) => open)).toEqual([channel]);
    const on = await power.switchRail(`r${channel}`, 'on');
    await board.allReceived();
    expect(on).toMatchObject({ evidence, state: known ? 'on' : 'unknown' });
    expect(on.commandNs).toBeGreaterThan(off.commandNs);
    expect(on.doneNs).toBeGreaterThanOrEqual(on.commandNs);
    expect(board.contacts.get(channel)).toBe(true);
  }
});

it.each(boards)(
  '$type with $channels: all rails go off together and on together',
  async ({ type, channels, evidence }) => {
    const board = startVirtualBoard(type, channels);
    const power = await openOne(boardRef(type, board.tty, channels), { runtimeDir, openWire: board.openWire });
    const off = await power.switchRails(power.railNames, 'off');
    await board.allReceived();
    expect(off.map((one) => one.evidence)).toEqual(power.railNames.map(() => evidence));
    expect([...board.contacts.values()]).toEqual(power.railNames.map(() => false));
    expect((await power.allOn()).failed).toEqual([]);
    await board.allReceived();
    expect([...board.contacts.values()]).toEqual(power.railNames.map(() => true));
  },
);

it.each(boards)(
  '$type with $channels: a rail on the normally closed contact is off while its relay is on',
  async (each) => {
    const board = startVirtualBoard(each.type, each.channels, {}, false);
    const rails = [rail('closed', [1], { contact: 'NC' })];
    const power = await openOne(
      boardRef(each.type, board.tty, each.channels),
      { runtimeDir, openWire: board.openWire },
      rails,
    );
    await power.switchRail('closed', 'off');
    await board.allReceived();
    expect(board.contacts.get(1)).toBe(true);
    await power.switchRail('closed', 'on');
    await board.allReceived();
    expect(board.contacts.get(1)).toBe(false);
  },
);
