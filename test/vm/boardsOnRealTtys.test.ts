/**
 * A relay on DTR or RTS of a 16550 sees one change of its line per command, and none when the bench closes the port. A
 * board behind a USB bridge is found by its stable name, and its loss is reported at once.
 */
import { expect, it } from 'vitest';
import type { TtyListing } from '../../src/power/listTtys.js';
import { describeInMachine, IN_THE_END, useMachine } from './bench.js';
import type { Machine } from './machine.js';

/** A write of the modem control register in QEMU's trace, and bits of the register (16550 data sheet). */
const MCR_WRITE = /^serial_write write addr 0x04 val 0x([0-9a-f]{2})$/;
const DTR = 1;
const RTS = 2;

interface Lines {
  dtr: boolean;
  rts: boolean;
}
const both: Lines = { dtr: true, rts: true };

/** States of the lines, without repetitions. */
function linesSince(machine: Machine, from: number): Lines[] {
  const values = machine
    .traced()
    .slice(from)
    .flatMap((line) => MCR_WRITE.exec(line)?.[1] ?? []);
  const lines = values.map((value) => ({
    dtr: (parseInt(value, 16) & DTR) !== 0,
    rts: (parseInt(value, 16) & RTS) !== 0,
  }));
  return lines.filter((now, i) => i === 0 || now.dtr !== lines[i - 1]!.dtr || now.rts !== lines[i - 1]!.rts);
}

function railOn(type: 'dtr' | 'rts' | 'lcus', tty: string, invert = false) {
  return {
    boards: [{ name: 'board', type, tty, channels: 1, options: {} }],
    boardTypes: {},
    rails: [{ name: 'P', board: 'board', channels: [1], powers: ['primary'], contact: 'NO', invert, settleMs: 1 }],
  };
}
const OPTIONS = { rigName: 'vm', runtimeDir: '/run' };

/** LCUS: start, channel, state, sum. */
const OFF = 'a00100a1';
const ON = 'a00101a2';
/** udev's name for QEMU's bridge. */
const BRIDGE = /^\/dev\/serial\/by-id\/usb-QEMU_QEMU_USB_SERIAL_.*-if00-port0$/;

describeInMachine('boards on real ttys', {}, () => {
  const rig = useMachine(() => ({ serialPorts: [null], trace: ['serial_write'], modules: ['ftdi_sio'] }));

  it('only ports with a UART are listed', async () => {
    const ttys = await rig.machine.call<TtyListing[]>('power/listTtys.js', 'listTtys');
    expect(ttys.map(({ path }) => path)).toEqual(['/dev/ttyS0', '/dev/ttyS1']);
  });

  it('a board behind a USB bridge is found, switched, lost and found again', async () => {
    const { machine } = rig;
    const bridge = async (): Promise<TtyListing | undefined> => {
      await machine.udevDone();
      const ttys = await machine.call<TtyListing[]>('power/listTtys.js', 'listTtys');
      return ttys.find(({ usb }) => usb === '0403:6001');
    };
    await machine.attachUsbSerial();
    await expect
      .poll(bridge, IN_THE_END)
      .toMatchObject({ path: '/dev/ttyUSB0', stablePath: expect.stringMatching(BRIDGE) as string, heldBy: null });
    const { stablePath } = (await bridge())!;

    await machine.hold('power', 'power/openPower.js', 'openPower', railOn('lcus', stablePath!), OPTIONS);
    expect(await bridge()).toMatchObject({ heldBy: { name: expect.any(String) as string } });
    await machine.callHeld('power', 'switchRails', ['P'], 'off');
    await machine.callHeld('power', 'switchRails', ['P'], 'on');
    // FF asks for the relays' states. The file behind the bridge does not answer, and a board need not.
    await expect.poll(() => machine.sentOverUsb().toString('hex').replaceAll('ff', ''), IN_THE_END).toBe(OFF + ON);

    await machine.detachUsbSerial();
    await expect.poll(bridge, IN_THE_END).toBeUndefined();
    await expect(machine.callHeld('power', 'switchRails', ['P'], 'off')).rejects.toMatchObject({
      name: 'PowerError',
      code: expect.stringMatching(/^(TTY_FAILED|RIG_BROKEN)$/) as string,
      message: expect.stringContaining(stablePath!) as string,
    });
    await machine.callHeld('power', 'close');

    await machine.attachUsbSerial();
    await expect.poll(bridge, IN_THE_END).toMatchObject({ stablePath });
    await machine.hold('power', 'power/openPower.js', 'openPower', railOn('lcus', stablePath!), OPTIONS);
    await machine.callHeld('power', 'switchRails', ['P'], 'on');
    await machine.callHeld('power', 'close');
  });

  it.each([
    ['dtr', false, { dtr: false, rts: true }],
    ['rts', false, { dtr: true, rts: false }],
    ['dtr', true, { dtr: false, rts: true }],
  ] as const)('a relay on %s, inverted: %s', async (type, invert, dropped) => {
    const { machine } = rig;
    const opened = machine.traced().length;
    await machine.hold('power', 'power/openPower.js', 'openPower', railOn(type, '/dev/ttyS1', invert), OPTIONS);
    expect(linesSince(machine, opened).at(-1)).toEqual(both);

    const on = invert ? dropped : both;
    const commanded = machine.traced().length;
    await machine.callHeld('power', 'switchRails', ['P'], 'off');
    await machine.callHeld('power', 'switchRails', ['P'], 'on');
    // Opening the port has already set the line as an inverted rail's first command does.
    expect(linesSince(machine, commanded)).toEqual(invert ? [on] : [dropped, on]);

    const closing = machine.traced().length;
    await machine.callHeld('power', 'close');
    expect(linesSince(machine, closing)).toEqual([on]);
  });
});
