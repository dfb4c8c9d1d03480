/**
 * A real tty, opened raw through serialport and locked with flock while it is open.
 *
 * Error codes come from the state of the node, not from the text of another package's message. After `close` the lock
 * file is removed. `write` resolves when the kernel has all bytes; it does not wait until they have left the UART.
 */

import type { SerialPort } from 'serialport';
import { attended, systemClock } from '../../base/systemClock.js';
import { NS_PER_MS, until } from '../../base/clock.js';
import { isPowerError, PowerError } from '../errors.js';
import { EIGHT_N_ONE } from '../line.js';
import { explainOpenFailure, isLockedByDying, requireTty } from './ttyProblems.js';
import { lockTty, type TtyLock } from './ttyLock.js';
import type { Wire, WireSettings } from './wire.js';
import { execFile } from 'node:child_process';

/** Opens and locks a tty. Rejects with TTY_MISSING, TTY_PERMISSION, TTY_BUSY or TTY_FAILED. */
export async function openSerialWire(settings: WireSettings): Promise<Wire> {
  requireTty(settings.tty);
  const lock = await lockOrWait(settings);
  let port: SerialPort;
  try {
    port = await openPort(settings);
  } catch (error) {
    lock.release();
    throw explainOpenFailure(settings.tty, error);
  }
  try {
    if (!settings.hangUpOnClose) await keepLinesOnClose(settings.tty);
  } catch (error) {
    await callback((done) => port.close(done));
    lock.release();
    throw error;
  }
  return serialWire(port, settings.tty, () => lock.release());
}

async function openPort(settings: WireSettings): Promise<SerialPort> {
  const { parity, dataBits, stopBits, flowControl } = { ...EIGHT_N_ONE, ...settings };
  // Loaded with the first port: most commands open none.
  const serialport = await import('serialport');
  const opened = async (lock: boolean): Promise<SerialPort> => {
    const port = new serialport.SerialPort({
      path: settings.tty,
      baudRate: settings.baud,
      dataBits: dataBits as 5 | 6 | 7 | 8,
      parity,
      stopBits,
      rtscts: flowControl === 'rts-cts',
      xon: flowControl === 'xon-xoff',
      xoff: flowControl === 'xon-xoff',
      lock,
      hupcl: settings.hangUpOnClose,
      autoOpen: false,
    });
    await callback((done) => port.open(done));
    return port;
  };
  try {
    return await opened(true);
  } catch (error) {
    // A killed bench keeps its lock until its last I/O ends; on a disk without power, until this board switches it on.
    if (isLockedByDying(settings.tty)) return opened(false);
    throw error;
  }
}

/** How long to wait for a process that only reads the board: on the slowest board, a read with retries takes less. */
const BRIEF_HOLD_MS = 10_000;
const LOOK_AGAIN_MS = 20;

async function lockOrWait({ tty, rigName, runtimeDir, brief }: WireSettings): Promise<TtyLock> {
  const deadlineMs = attended.nowMs() + BRIEF_HOLD_MS;
  for (;;) {
    try {
      return lockTty(tty, rigName, runtimeDir, brief);
    } catch (error) {
      const passing = isPowerError(error) && error.context.holderIsBrief === true && brief !== true;
      if (!passing || attended.nowMs() > deadlineMs) throw error;
      await until(systemClock, systemClock.nowNs() + LOOK_AGAIN_MS * NS_PER_MS);
    }
  }
}

function serialWire(port: SerialPort, tty: string, release: () => void): Wire {
  let lost: ((error: Error) => void) | null = null;
  const failed = (error: unknown): PowerError =>
    new PowerError(
      'TTY_FAILED',
      `${tty} failed: ${String(error)}; check that the board is plugged in (plugpull relay list)`,
      { tty },
      error,
    );
  port.on('error', (error: Error) => lost?.(failed(error)));
  port.on('close', (error: Error | null) => {
    release();
    // serialport closes by itself, with an error, when the device is unplugged.
    if (error) lost?.(failed(error));
  });
  return {
    async write(bytes) {
      let takenNs = 0;
      await callback((done) =>
        port.write(Buffer.from(bytes), (error) => {
          takenNs = systemClock.nowNs();
          done(error);
        }),
      ).catch((error: unknown) => {
        throw failed(error);
      });
      return takenNs;
    },
    onData: (listener) => void port.on('data', listener),
    onLost: (listener) => {
      lost = listener;
    },
    async setLines(lines) {
      await callback((done) => port.set(lines, done)).catch((error: unknown) => {
        throw failed(error);
      });
      return systemClock.nowNs();
    },
    async close() {
      lost = null;
      if (port.isOpen) await callback((done) => port.close(done));
      release();
    },
  };
}

function callback(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });
}

/** stty sets one flag and does not wait for the line. */
const STTY_TIMEOUT_MS = 5000;

/**
 * Clears "hang up on close", so that the last close leaves the control lines as they are: a relay on DTR or RTS would
 * drop when the bench ends, and its device would lose power. A new tty has the flag set, and serialport can set it but
 * not clear it. The tty must be open: some drivers lose the setting with the last close. Rejects with TTY_FAILED.
 */
function keepLinesOnClose(tty: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile('stty', ['-F', tty, '-hupcl'], (error) => {
      cancel();
      if (error === null) resolve();
      else
        reject(
          new PowerError(
            'TTY_FAILED',
            `${tty} would drop DTR and RTS on closing, and the relays with them: ${error.message.trim()}; install stty (coreutils)`,
            { tty },
            error,
          ),
        );
    });
    const cancel = attended.after(STTY_TIMEOUT_MS, () => void child.kill('SIGKILL'));
  });
}
