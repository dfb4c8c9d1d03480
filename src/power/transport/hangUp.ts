/**
 * Leaves the control lines of a tty as they are when its last user closes it. A tty is born with "hang up on close", and
 * serialport can only ask for that, not against it: a relay on DTR or RTS would drop when the bench ends, and with it
 * the power of what it feeds.
 */

import { execFile } from 'node:child_process';
import { attended } from '../../base/systemClock.js';
import { PowerError } from '../errors.js';

/** It sets a flag, and does not wait for the line. */
const TIMEOUT_MS = 5000;

/** To be called while the tty is open: a setting is forgotten by some drivers with the last close. Rejects with TTY_FAILED. */
export function keepLinesOnClose(tty: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile('stty', ['-F', tty, '-hupcl'], (error) => {
      cancel();
      if (error === null) resolve();
      else
        reject(
          new PowerError(
            'TTY_FAILED',
            `${tty} would drop its lines on closing, and the relays with them: ${error.message.trim()}; is stty (coreutils) installed?`,
            { tty },
            error,
          ),
        );
    });
    const cancel = attended.after(TIMEOUT_MS, () => void child.kill('SIGKILL'));
  });
}
