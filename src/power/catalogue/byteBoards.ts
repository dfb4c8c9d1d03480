/** Boards with short binary frames. `sure` is explained in boardType.ts. */

import type { BoardTypeInput } from '../boardType.js';

/** KMTronic USB: boards of 1 or 2 channels report one channel, larger boards report all. */
export const kmtronic: BoardTypeInput = {
  title: 'KMTronic USB 1/2/4/8 channels (FTDI)',
  usb: ['0403:6001'],
  sure: 'A',
  channels: { min: 1, max: 8 },
  set: { on: 'FF {channel} 01', off: 'FF {channel} 00' },
  read: [
    { forChannels: { min: 1, max: 2 }, per: 'channel', send: 'FF {channel} 03', expect: 'FF {channel} {state}' },
    { forChannels: { min: 3, max: 8 }, send: 'FF 09 00', expect: '( {state} )' },
  ],
};

/** Devantech USB-RLY02/08/16: each command is one byte. */
export const devantech: BoardTypeInput = {
  title: 'Devantech USB-RLY02/08/16',
  usb: ['04d8:ffee'],
  sure: 'A',
  baud: 19_200,
  channels: { min: 2, max: 8 },
  set: { on: '{channel+0x64}', off: '{channel+0x6E}' },
  setAll: { on: '64', off: '6E' },
  read: { send: '5B', expect: '{states}' },
  identify: { send: '5A', expect: '{any} {any}' },
};

/**
 * ICSE013A/012A/014A: the bench sends `50` and `51` once after the board got power. Every later byte is a mask of all
 * relays, active low, so a second `50` would switch relays.
 */
export const icse: BoardTypeInput = {
  title: 'ICSE013A/012A/014A, 2/4/8 channels (PL2303)',
  usb: ['067b:2303'],
  sure: 'A',
  channels: { min: 2, max: 8 },
  gapMs: 10,
  once: [{ send: '50', expect: ['AD', 'AB', 'AC'] }, '51'],
  set: { mask: '{mask:not}' },
};

/** Conrad 197720/197730: frames of four bytes, the last an XOR; every answer contains the state. */
export const conrad: BoardTypeInput = {
  title: 'Conrad 197720/197730, 8 channels',
  sure: 'B',
  baud: 19_200,
  channels: { min: 1, max: 8 },
  options: { address: { default: 1, min: 1, max: 255 } },
  // Up to 3 zeros complete a half frame, 4 more make a frame of their own, and 4 more a second one if the first answer
  // came too late.
  sync: { send: '00', expect: '{any} {any} {any} {xor8}', tries: 11, timeoutMs: 100 },
  open: [{ send: '01 {address} 00 {xor8}', expect: 'FE {address} {any} {xor8}' }],
  set: {
    on: { send: '06 {address} {bit} {xor8}', expect: 'F9 {address} {any} {xor8}' },
    off: { send: '07 {address} {bit} {xor8}', expect: 'F8 {address} {any} {xor8}' },
  },
  setAll: {
    on: { send: '03 {address} {mask} {xor8}', expect: 'FC {address} {any} {xor8}' },
    off: { send: '03 {address} {mask} {xor8}', expect: 'FC {address} {any} {xor8}' },
  },
  read: { send: '02 {address} 00 {xor8}', expect: 'FD {address} {states} {xor8}' },
};

/**
 * Arduino with StandardFirmata; channel n is pin firstPin + n - 1. Opening the tty resets it and drops the relays. Its
 * answer repeats the last value written to a pin: it does not measure.
 */
export const firmata: BoardTypeInput = {
  title: 'Arduino with StandardFirmata',
  usb: ['2341:0043', '2341:0001', '2a03:0043'],
  sure: 'B',
  baud: 57_600,
  channels: { min: 1, max: 18 },
  options: { firstPin: { default: 2, min: 2, max: 100 } },
  hangUpOnClose: false,
  boot: { expect: 'F9 {any} {any}', timeoutMs: 8000, ask: 'F9' },
  openEachChannel: ['F4 {channel+firstPin-1} 01'],
  set: { on: 'F5 {channel+firstPin-1} 01', off: 'F5 {channel+firstPin-1} 00' },
  read: {
    per: 'channel',
    kind: 'echo',
    send: 'F0 6D {channel+firstPin-1} F7',
    expect: 'F0 6E {channel+firstPin-1} 01 {state} F7',
  },
};

/** LCUS-1/2/4/8 and the many copies of it (CH340): a frame of four bytes without an answer. */
export const lcus: BoardTypeInput = {
  title: 'LCUS-1/2/4/8 and copies (CH340)',
  usb: ['1a86:7523'],
  sure: 'B',
  baud: 9600,
  channels: { min: 1, max: 8 },
  gapMs: 50,
  replyTimeoutMs: 300,
  set: { on: 'A0 {channel} 01 {sum8}', off: 'A0 {channel} 00 {sum8}' },
  read: {
    send: 'FF',
    expect: [`( "CH" {channel:dec} ":" {ws} {state:'ON'/'OFF'} {ws} ) {eol}`, '( {state} )'],
    // The first answer may contain the state from before the last command.
    times: 2,
    // Many LCUS-1 boards never answer.
    mayBeMute: true,
  },
};
