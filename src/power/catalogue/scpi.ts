/**
 * Programmable supplies: the only boards here that prove by measuring that a rail is down. RELAYS: B.
 *
 * Options onAtLeastV and offAtMostV say which voltage counts as what; set onAtLeastV near the rail's nominal voltage.
 */

import type { BoardTypeInput } from '../boardType.js';

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
