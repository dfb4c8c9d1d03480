/** With split answers, late answers and noise on a serial line, no answer is lost, counted twice or swapped. */

import fs from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { createPeer } from '../../src/lab/peers/index.js';
import { systemClock } from '../../src/base/systemClock.js';
import type { WireTrace } from '../../src/power/boards/connection.js';
import type { Wire } from '../../src/power/transport/wire.js';
import { manualWire } from './manualWire.js';
import { boardRef, closeAll, openOne, rail, startVirtualBoard, temporaryDir } from './virtualBoard.js';

const runtimeDir = temporaryDir();
afterEach(closeAll);
afterAll(() => fs.rmSync(runtimeDir, { recursive: true, force: true }));

const COMMANDS = 10_000;
/** The Modbus function that reads the relays. */
const READ_COILS = 0x01;

it('10,000 commands with split answers and noise before them: none is lost, none is repeated', async () => {
  const board = startVirtualBoard('modbus-rtu', 8, { garbageBefore: 3, splitReads: true, seed: 20_240_607 });
  // No read-back and no gap: the test checks the frames. Every echo must match; the long timeout allows for a busy
  // machine.
  const ref = boardRef('modbus-rtu', board.tty, 8, { gapMs: 0, readBack: 'none', attempts: 1, replyTimeoutMs: 20_000 });
  const power = await openOne(ref, { runtimeDir });
  for (let i = 0; i < COMMANDS; i += 1) {
    // Eight rails go off one by one, then on one by one.
    const switched = await power.switchRail(`r${(i % 8) + 1}`, i % 16 < 8 ? 'off' : 'on');
    if (switched.evidence !== 'echo') expect.fail(`command ${i}: ${switched.evidence}`);
  }
  expect(board.switched).toHaveLength(COMMANDS);
  const wanted = Array.from({ length: COMMANDS }, (_, i) => ({ channel: (i % 8) + 1, on: i % 16 >= 8 }));
  expect(board.switched).toEqual(wanted);
  expect(board.received.join('').length / 2).toBe(COMMANDS * 8);
}, 300_000);

it('concurrent commands to one board are queued, not interleaved', async () => {
  const board = startVirtualBoard('numato', 16, { splitReads: true });
  const power = await openOne(boardRef('numato', board.tty, 16), { runtimeDir });
  const all = await Promise.all(power.railNames.map((name) => power.switchRail(name, 'off')));
  expect(all.map((one) => one.state)).toEqual(power.railNames.map(() => 'off'));
  expect([...board.contacts.values()]).not.toContain(true);
});

it('an answer that arrives after its timeout does not answer the next command', async () => {
  const board = startVirtualBoard('modbus-rtu', 8, { mute: true });
  const ref = boardRef('modbus-rtu', board.tty, 8, { replyTimeoutMs: 50, attempts: 1 });
  // The wire delivers the echo of each switch after the next read command: later than the host waits for a quiet line.
  const echoes: Uint8Array[] = [];
  const openWire: typeof board.openWire = async (settings) => {
    const wire = await board.openWire(settings);
    return {
      ...wire,
      write: async (bytes) => {
        const taken = await wire.write(bytes);
        if (bytes[1] === READ_COILS) for (const echo of echoes.splice(0)) board.send(echo);
        else echoes.push(Uint8Array.from(bytes));
        return taken;
      },
    };
  };
  const power = await openOne(ref, { runtimeDir, openWire });
  await expect(power.switchRail('r1', 'off')).rejects.toMatchObject({ cause: { code: 'BOARD_MUTE' } });
  expect(echoes.length).toBeGreaterThan(0);
  // No late echo is an answer to this read.
  const code: unknown = expect.stringMatching(/^BOARD_(MUTE|GARBAGE)$/);
  await expect(power.readRail('r1')).rejects.toMatchObject({ code });
});

it('bytes received before a frame are not part of its answer', async () => {
  const board = startVirtualBoard('modbus-rtu', 8, {}, false);
  let arrivedBytes = 0;
  const trace = (seen: WireTrace): void => {
    if (seen.direction === 'received') arrivedBytes += seen.bytes.length;
  };
  const power = await openOne(boardRef('modbus-rtu', board.tty, 8), { runtimeDir, trace }, [rail('a', [1])]);
  // A complete valid answer (relays 1 and 7 on) that arrives before the read command.
  board.send(Uint8Array.of(0x01, 0x01, 0x01, 0x41, 0x91, 0xb8));
  await expect.poll(() => arrivedBytes, { timeout: 30_000 }).toBe(6);
  expect(await power.readRail('a')).toMatchObject({ state: 'off' });
});

it.each(['lcus', 'numato', 'kmtronic', 'conrad', 'modbus-rtu', 'modbus-r421a'])(
  '%s: answers in single bytes with noise before them are understood',
  async (type) => {
    const noise = type === 'kmtronic' ? 0 : 5;
    const board = startVirtualBoard(type, 8, { splitReads: true, garbageBefore: noise, seed: 7 });
    const power = await openOne(boardRef(type, board.tty, 8), { runtimeDir }, [rail('a', [2]), rail('b', [8])]);
    expect(await power.switchRail('b', 'off')).toMatchObject({ state: 'off', evidence: 'read-back' });
    expect(await power.readRail('a')).toMatchObject({ state: 'on' });
  },
);

it('conrad: the bench resynchronizes the board even if the first answer is lost', async () => {
  const peer = createPeer('conrad', { channels: 8, initialOn: true, options: {} });
  const wire = manualWire(systemClock);
  let lost = 0;
  const write: Wire['write'] = (bytes) => {
    for (const answer of peer.receive(bytes, performance.now()).reply)
      if (lost++ > 0) setImmediate(() => wire.arrive(answer));
    return wire.write(bytes);
  };
  peer.receive(Uint8Array.of(0x06), 0);
  const power = await openOne(boardRef('conrad', '/dev/null', 8, { attempts: 1 }), {
    runtimeDir,
    openWire: () => Promise.resolve({ ...wire, write }),
  });
  expect(await power.switchRail('r3', 'off')).toMatchObject({ state: 'off' });
  expect(lost).toBeGreaterThan(1);
});

it('conrad: the bench resynchronizes a board that has received one, two or three bytes of a frame', async () => {
  for (const left of [[0x06], [0x06, 0x01], [0x06, 0x01, 0x01]]) {
    const board = startVirtualBoard('conrad', 8);
    const first = await openOne(boardRef('conrad', board.tty, 8), { runtimeDir });
    await first.close();
    board.hear(Uint8Array.from(left));
    const second = await openOne(boardRef('conrad', board.tty, 8), { runtimeDir });
    expect(await second.switchRail('r3', 'off')).toMatchObject({ state: 'off' });
    expect([...board.contacts.values()].filter((on) => !on)).toHaveLength(1);
  }
});
