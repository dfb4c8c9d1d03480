/** Boards with text protocols. `sure` is explained in boardType.ts. */

import type { BoardTypeInput } from '../boardType.js';

/** Numato USB relay modules: a shell with echo and prompt. */
export const numato: BoardTypeInput = {
  title: 'Numato USB relay modules, 1 to 64 channels (CDC)',
  usb: ['2a19:0c01', '2a19:0c02', '2a19:0c03', '2a19:0c04', '2a19:0c05'],
  sure: 'A',
  channels: { min: 1, max: 64 },
  // Its line buffer may hold half a command of another program.
  sync: { send: '0D', expect: '">"', tries: 3, timeoutMs: 300 },
  set: {
    on: { send: '"relay on " {channel-1:numato} 0D', expect: '"relay on " {channel-1:numato} {ws} ">"' },
    off: { send: '"relay off " {channel-1:numato} 0D', expect: '"relay off " {channel-1:numato} {ws} ">"' },
  },
  read: {
    per: 'channel',
    send: '"relay read " {channel-1:numato} 0D',
    expect: `"relay read " {channel-1:numato} {ws} {state:'on'/'off'} {ws} ">"`,
  },
  identify: { send: '"ver\\r"', expect: '"ver" {ws} {text} {ws} ">"' },
};

/** Denkovi 16 channels v3: two decimal digits, a sign and two slashes; the board echoes them. */
export const denkovi16: BoardTypeInput = {
  title: 'Denkovi 16 channels, v3 (FT232R)',
  usb: ['0403:6001'],
  sure: 'B',
  channels: { min: 16, max: 16 },
  set: {
    on: { send: '{channel:dec2} "+//"', expect: 'echo' },
    off: { send: '{channel:dec2} "-//"', expect: 'echo' },
  },
  setAll: { on: { send: '"on//"', expect: 'echo' }, off: { send: '"off//"', expect: 'echo' } },
  read: { send: '"ask//"', expect: '{states:rev16}' },
};

/**
 * SainSmart 16 channels: Modbus ASCII. A state query is documented, but owners report that the board does not answer
 * it.
 */
export const sainsmart16: BoardTypeInput = {
  title: 'SainSmart 16 channels, Modbus ASCII (CH340)',
  usb: ['1a86:7523'],
  sure: 'B',
  channels: { min: 16, max: 16 },
  gapMs: 100,
  set: {
    on: { send: '":" [ FE 05 {channel-1:u16} FF00 {lrc} ] "\\r\\n"', expect: 'echo' },
    off: { send: '":" [ FE 05 {channel-1:u16} 0000 {lrc} ] "\\r\\n"', expect: 'echo' },
  },
  setAll: {
    on: { send: '":" [ FE 0F 0000 0010 02 {mask:u16} {lrc} ] "\\r\\n"', expect: 'echo' },
    off: { send: '":" [ FE 0F 0000 0010 02 {mask:u16} {lrc} ] "\\r\\n"', expect: 'echo' },
  },
};

/**
 * Programmable supplies measure their output, so they alone prove the voltage of a rail. Options onAtLeastV and
 * offAtMostV are the thresholds for on and off; set onAtLeastV near the rail's nominal voltage.
 */
const common = {
  sure: 'B',
  replyTimeoutMs: 2000,
  options: {
    onAtLeastV: { default: 3, min: 0, max: 1000 },
    offAtMostV: { default: 0.5, min: 0, max: 1000 },
  },
  identify: { send: '"*IDN?\\n"', expect: '{text} {eol}' },
} as const;

const limits = { onAtLeast: 'onAtLeastV', offAtMost: 'offAtMostV', withinMs: 5000 };
const states = [`{state:'1'/'0'} {eol}`, `{state:'ON'/'OFF'} {eol}`];

export const scpi: BoardTypeInput = {
  ...common,
  title: 'programmable supply with SCPI, one output',
  channels: { min: 1, max: 1 },
  set: { on: '"OUTP ON\\n"', off: '"OUTP OFF\\n"' },
  read: { send: '"OUTP?\\n"', expect: states },
  measure: { send: '"MEAS:VOLT?\\n"', expect: '{value} {eol}', ...limits },
};

export const scpiSiglent: BoardTypeInput = {
  ...common,
  title: 'Siglent SPD programmable supplies (SCPI dialect with channel names)',
  channels: { min: 1, max: 3 },
  set: { on: '"OUTPUT CH" {channel:dec} ",ON\\n"', off: '"OUTPUT CH" {channel:dec} ",OFF\\n"' },
  measure: { send: '"MEAS:VOLT? CH" {channel:dec} 0A', expect: '{value} {eol}', ...limits },
};
