/** Virtual boards have the quirks that owners report of real boards, and can inject faults. */

import { expect, it } from 'vitest';
import type { PeerReaction } from '../../src/lab/peer.js';
import { createPeer } from '../../src/lab/peers/index.js';

const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');
const text = (reaction: PeerReaction): string => Buffer.concat(reaction.reply).toString('latin1');
const on = { initialOn: true, options: {} };

it('lcus: the first answer after a switch is stale, the second is not', () => {
  const peer = createPeer('lcus', { channels: 1, ...on });
  peer.receive(hex('A0 01 00 A1'), 0);
  expect(text(peer.receive(hex('FF'), 1))).toContain('ON');
  expect(text(peer.receive(hex('FF'), 2))).toContain('OFF');
});

it('conrad: after a lost byte the board reads frames at a wrong offset until zeros complete the last one', () => {
  const peer = createPeer('conrad', { channels: 8, ...on });
  peer.receive(hex('01 01 00 00'), 0);
  expect(peer.receive(hex('07 01 01'), 1).switched).toEqual([]);
  // 07 01 01 07 | 01 01 07: by chance the first frame is valid in this example; the next one lacks a byte.
  expect(peer.receive(hex('07 01 01 07'), 2).switched).toEqual([{ channel: 1, on: false }]);
  const zeros = Array.from({ length: 5 }, () => '00').map((zero) => text(peer.receive(hex(zero), 3)));
  expect(zeros).toEqual(['', '', '', '', '\xff\x00\xfe\xff'.slice(0, 2) + '\xfe\x01']);
});

it('conrad: before its initialization the board ignores all frames', () => {
  const peer = createPeer('conrad', { channels: 8, ...on });
  expect(peer.receive(hex('07 01 01 07'), 0)).toEqual({ reply: [], switched: [] });
});

it('firmata: when the tty is opened, the board switches every relay off and reports its version', () => {
  const peer = createPeer('firmata', { channels: 2, ...on });
  const reaction = peer.opened!(0);
  expect(reaction.switched).toEqual([
    { channel: 1, on: false },
    { channel: 2, on: false },
  ]);
  expect(text(reaction).charCodeAt(0)).toBe(0xf9);
});

it('modbus-rtu: the board ignores frames after a damaged frame until the line pauses', () => {
  const peer = createPeer('modbus-rtu', { channels: 8, ...on });
  const off1 = '01 05 00 00 00 00 CD CA';
  expect(peer.receive(hex(`01 05 00 00 00 00 CD CB ${off1}`), 0).switched).toEqual([]);
  expect(peer.receive(hex(off1), 1).switched).toEqual([]);
  expect(peer.receive(hex(off1), 20).switched).toEqual([{ channel: 1, on: false }]);
});

it('modbus-rtu: the board ends a pulse by itself, and its answers show that', () => {
  const peer = createPeer('modbus-rtu', { channels: 8, ...on });
  expect(peer.receive(hex('01 05 04 00 00 08 CD 3C'), 1000).switched).toEqual([
    { channel: 1, on: false },
    { channel: 1, on: true, afterMs: 800 },
  ]);
  const coils = (nowMs: number): number => text(peer.receive(hex('01 01 00 00 00 08 3D CC'), nowMs)).charCodeAt(3);
  expect(coils(1700)).toBe(0xfe);
  expect(coils(1801)).toBe(0xff);
});

it('scpi: the voltage falls over rampMs, and does not fall if the output is welded', () => {
  const measure = (options: Record<string, unknown>, afterMs: number): string => {
    const peer = createPeer('scpi', { channels: 1, initialOn: true, options });
    peer.receive(ascii('OUTP OFF\n'), 1000);
    return text(peer.receive(ascii('MEAS:VOLT?\n'), 1000 + afterMs));
  };
  expect(measure({ rampMs: 100 }, 50)).toBe('6.000\n');
  expect(measure({ rampMs: 100 }, 100)).toBe('0.000\n');
  expect(measure({ welded: [1] }, 100)).toBe('12.000\n');
});

it.each([
  [{ mute: true }, { reply: '', moves: 1 }],
  [{ dead: true }, { reply: '', moves: 0 }],
  [{ welded: [1] }, { reply: '010500000000cdca', moves: 0 }],
  [{ wrongReply: 'garbled' }, { reply: '010500000000cd6f', moves: 1 }],
])('a board with %o answers and switches as this fault demands', (options, wanted) => {
  const peer = createPeer('modbus-rtu', { channels: 8, initialOn: true, options });
  const reaction = peer.receive(hex('01 05 00 00 00 00 CD CA'), 0);
  expect(Buffer.concat(reaction.reply).toString('hex')).toBe(wanted.reply);
  expect(reaction.switched).toHaveLength(wanted.moves);
});

it('noise, splitting and delay do not change the answer itself, and a seed reproduces them', () => {
  const react = (): PeerReaction => {
    const options = { garbageBefore: 4, splitReads: true, delayMs: 30, seed: 5 };
    return createPeer('modbus-rtu', { channels: 8, initialOn: true, options }).receive(
      hex('01 05 00 00 00 00 CD CA'),
      0,
    );
  };
  const reaction = react();
  expect(reaction.replyAfterMs).toBe(30);
  expect(reaction.reply.length).toBeGreaterThan(3);
  expect(Buffer.concat(reaction.reply).subarray(4).toString('hex')).toBe('010500000000cdca');
  expect(react()).toEqual(reaction);
});

it.each([
  ['lcsu', 1, {}, RangeError],
  ['lcus', 9, {}, RangeError],
  ['numato', 3, {}, RangeError],
  ['lcus', 1, { anwser: 'text' }, TypeError],
  ['modbus-rtu', 8, { mute: 'yes' }, TypeError],
])('%s with %i channels and %o is refused', (protocol, channels, options, error) => {
  expect(() => createPeer(protocol, { channels, initialOn: true, options })).toThrow(error);
});
