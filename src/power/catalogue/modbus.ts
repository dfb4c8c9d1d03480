/** Boards with Modbus RTU. `sure` is explained in boardType.ts. */

import type { BoardTypeInput } from '../boardType.js';

/**
 * Waveshare and most RS-485 boards: each relay is a coil, and the board echoes the frame. Only Waveshare has the pulse
 * frames. These boards come with 8N1. The standard's default is even parity (8E1; without parity, two stop bits:
 * "MODBUS over serial line" 2.5.1): a board that follows it needs `options: { parity: even }`.
 */
export const modbusRtu: BoardTypeInput = {
  title: 'Modbus RTU coils: Waveshare and most RS-485 boards (8N1; one that keeps to the standard: parity: even)',
  sure: 'A',
  baud: 9600,
  channels: { min: 1, max: 32 },
  options: { address: { default: 1, min: 1, max: 247 } },
  // A pause of 3.5 characters ends a frame: 4 ms at 9600 baud.
  gapMs: 5,
  refused: ['{address} 81 {code} {crc16}', '{address} 85 {code} {crc16}', '{address} 8F {code} {crc16}'],
  set: {
    on: { send: '{address} 05 {channel-1:u16} FF00 {crc16}', expect: 'echo' },
    off: { send: '{address} 05 {channel-1:u16} 0000 {crc16}', expect: 'echo' },
  },
  setAll: {
    on: {
      send: '{address} 0F 0000 {channels:u16} {coilBytes} {mask:coils} {crc16}',
      expect: '{address} 0F 0000 {channels:u16} {crc16}',
    },
    off: {
      send: '{address} 0F 0000 {channels:u16} {coilBytes} {mask:coils} {crc16}',
      expect: '{address} 0F 0000 {channels:u16} {crc16}',
    },
  },
  read: {
    send: '{address} 01 0000 {channels:u16} {crc16}',
    expect: '{address} 01 {coilBytes} {states:coils} {crc16}',
  },
  pulse: {
    on: { send: '{address} 05 02 {channel-1} {units:u16} {crc16}', expect: 'echo' },
    off: { send: '{address} 05 04 {channel-1} {units:u16} {crc16}', expect: 'echo' },
    unitMs: 100,
    unitsMax: 0x7fff,
  },
};

/**
 * R421A08 / LaskaKit: each relay is a register. `06 xx` switches it on for xx seconds, timed by the board. This
 * description is from memory and was not yet verified on a board.
 */
export const modbusR421a: BoardTypeInput = {
  title: 'R421A08 / LaskaKit: Modbus RTU registers (8N1)',
  sure: 'C',
  channels: { min: 1, max: 8 },
  options: { address: { default: 1, min: 1, max: 247 } },
  gapMs: 5,
  refused: ['{address} 83 {code} {crc16}', '{address} 86 {code} {crc16}'],
  set: {
    on: { send: '{address} 06 {channel:u16} 0100 {crc16}', expect: 'echo' },
    off: { send: '{address} 06 {channel:u16} 0200 {crc16}', expect: 'echo' },
  },
  read: {
    per: 'channel',
    send: '{address} 03 {channel:u16} 0001 {crc16}',
    expect: '{address} 03 02 00 {state} {crc16}',
  },
  pulse: {
    on: { send: '{address} 06 {channel:u16} 06 {units} {crc16}', expect: 'echo' },
    unitMs: 1000,
    unitsMax: 255,
  },
};
