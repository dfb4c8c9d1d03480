/**
 * A pty pair in raw mode: the lab holds the master and keeps the slave alive, so that hosts may come and go. Bytes that
 * no host reads are dropped when the line's buffer is full, as a UART's are.
 */
import fs from 'node:fs';
import tty from 'node:tty';
import { LabError } from './errors.js';
import { errnoName, lastErrno, libcCalls, O_CLOEXEC, TCIFLUSH } from './libc.js';

const TTY_NAME_BYTES = 64;
/** Larger than any libc's struct termios. */
const TERMIOS_BYTES = 256;

export interface Pty {
  /** `/dev/pts/N` */
  readonly path: string;
  onData(listener: (chunk: Buffer) => void): void;
  send(bytes: Uint8Array): void;
  /** Forgets what was sent and not read: a host that opens a tty later doesn't get old answers. */
  forgetUnread(): void;
  close(): void;
}

function check(result: number, call: string): void {
  if (result >= 0) return;
  const reason = errnoName(lastErrno());
  throw new LabError(
    'LAB_PTY_FAILED',
    `${call}: ${reason}. A virtual board needs a pty: is devpts mounted, are there any left?`,
    {
      call,
      reason,
    },
  );
}

export function openPty(): Pty {
  const masterFd = libcCalls.posixOpenpt(fs.constants.O_RDWR | fs.constants.O_NOCTTY | O_CLOEXEC) as number;
  check(masterFd, 'posix_openpt');
  check(libcCalls.grantpt(masterFd), 'grantpt');
  check(libcCalls.unlockpt(masterFd), 'unlockpt');
  const nameBytes = Buffer.alloc(TTY_NAME_BYTES);
  if (libcCalls.ptsnameR(masterFd, nameBytes, nameBytes.length) !== 0) check(-1, 'ptsname_r');
  const path = nameBytes.toString('latin1', 0, nameBytes.indexOf(0));

  const slaveFd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NOCTTY);
  const termios = Buffer.alloc(TERMIOS_BYTES);
  check(libcCalls.tcgetattr(slaveFd, termios), 'tcgetattr');
  libcCalls.cfmakeraw(termios);
  check(libcCalls.tcsetattr(slaveFd, 0, termios), 'tcsetattr');

  const master = new tty.ReadStream(masterFd);
  master.on('error', () => undefined); // EIO at the end of the pair

  return {
    path,
    onData: (listener) => void master.on('data', listener),
    send: (bytes) => {
      try {
        fs.writeSync(masterFd, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      }
    },
    forgetUnread: () => void libcCalls.tcflush(slaveFd, TCIFLUSH),
    close: () => {
      master.destroy();
      fs.closeSync(slaveFd);
    },
  };
}
