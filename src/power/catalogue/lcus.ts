/** LCUS-1/2/4/8 and the many boards that copy it (CH340): a four-byte frame, no answer. RELAYS: set A, query B. */

import type { BoardTypeInput } from '../boardType.js';

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
    // The first answer may be the state before the last command.
    times: 2,
    // Many LCUS-1 never answer.
    mayBeMute: true,
  },
};
