/** Promise: a relay on DTR or RTS of a 16550 hears one command for each switching, and nothing when the bench leaves. */
import { expect, it } from 'vitest';
import { describeInMachine, useMachine } from './bench.js';
import type { Machine } from './machine.js';

/** The modem control register and its bits, as in the 16550's data sheet. */
const MCR_WRITE = /^serial_write write addr 0x04 val 0x([0-9a-f]{2})$/;
const DTR = 1;
const RTS = 2;

interface Lines {
  dtr: boolean;
  rts: boolean;
}
const both: Lines = { dtr: true, rts: true };

/** What the lines became, without repetitions. */
function linesSince(machine: Machine, from: number): Lines[] {
  const values = machine.traced().slice(from).flatMap((line) => MCR_WRITE.exec(line)?.[1] ?? []);
  const lines = values.map((value) => ({ dtr: (parseInt(value, 16) & DTR) !== 0, rts: (parseInt(value, 16) & RTS) !== 0 }));
  return lines.filter((now, i) => i === 0 || now.dtr !== lines[i - 1]!.dtr || now.rts !== lines[i - 1]!.rts);
}

function railOn(type: 'dtr' | 'rts', invert: boolean) {
  return {
    boards: [{ name: 'line', type, tty: '/dev/ttyS1', channels: 1, options: {} }],
    boardTypes: {},
    rails: [{ name: 'P', board: 'line', channels: [1], powers: ['primary'], contact: 'NO', invert, settleMs: 1 }],
  };
}

describeInMachine('a relay on a control line of a real UART', {}, () => {
  const rig = useMachine(() => ({ serialPorts: [null], trace: ['serial_write'] }));

  it.each([
    ['dtr', false, { dtr: false, rts: true }],
    ['rts', false, { dtr: true, rts: false }],
    ['dtr', true, { dtr: false, rts: true }],
  ] as const)('%s, inverted: %s', async (type, invert, dropped) => {
    const { machine } = rig;
    const opened = machine.traced().length;
    await machine.hold('power', 'power/index.js', 'openPower', railOn(type, invert), { rigName: 'vm', runtimeDir: '/run' });
    expect(linesSince(machine, opened).at(-1)).toEqual(both);

    const on = invert ? dropped : both;
    const commanded = machine.traced().length;
    await machine.callHeld('power', 'switchRails', ['P'], 'off');
    await machine.callHeld('power', 'switchRails', ['P'], 'on');
    // Opening did already what an inverted rail's first command asks for.
    expect(linesSince(machine, commanded)).toEqual(invert ? [on] : [dropped, on]);

    const closing = machine.traced().length;
    await machine.callHeld('power', 'close');
    expect(linesSince(machine, closing)).toEqual([on]);
  });
});
