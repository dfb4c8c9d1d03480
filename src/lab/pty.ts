/**
 * A pty pair in raw mode. The lab holds the master, and also the slave, so that hosts can open and close it. Bytes that
 * no host reads are dropped when the line's buffer is full, as in a UART.
 */
import fs from 'node:fs';
import tty from 'node:tty';
import { LabError } from './errors.js';
import { errnoName, lastErrno, libcCalls, O_CLOEXEC, TCIFLUSH, EFD_NONBLOCK } from './libc.js';

const TTY_NAME_BYTES = 64;
/** Larger than any libc's struct termios. */
const TERMIOS_BYTES = 256;

export interface Pty {
  /** `/dev/pts/N` */
  readonly path: string;
  onData(listener: (chunk: Buffer) => void): void;
  send(bytes: Uint8Array): void;
  /** Discards sent bytes that no host has read: a host that opens the tty later must not get old answers. */
  discardUnread(): void;
  close(): void;
}

function check(result: number, call: string): void {
  if (result >= 0) return;
  const reason = errnoName(lastErrno());
  throw new LabError(
    'LAB_PTY_FAILED',
    `${call}: ${reason}. A virtual board needs a pty: check that devpts is mounted on /dev/pts and /proc/sys/kernel/pty/max.`,
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
  master.on('error', () => undefined); // EIO when the pair is closed

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
    discardUnread: () => void libcCalls.tcflush(slaveFd, TCIFLUSH),
    close: () => {
      master.destroy();
      fs.closeSync(slaveFd);
    },
  };
}

const IN_OPEN = 0x20;
const FIONREAD = 0x541b;
/** Room for many events; only their existence counts. */
const EVENT_BYTES = 4096;
/** Far shorter than a host waits for a board's boot message. */
const LOOK_INTERVAL_MS = 20;

/**
 * Reports that a host has opened a tty (inotify on the pty's slave): boards with a bootloader then reset, and unread
 * bytes are discarded, because a closed serial port receives nothing. The caller calls `look` before each chunk, so
 * that an opening is reported before the bytes that follow it; a timer calls it too.
 */
export class TtyWatch {
  #fd: number;
  #events = Buffer.alloc(EVENT_BYTES);
  #size = Buffer.alloc(4);
  #onOpened: () => void;
  #timer: NodeJS.Timeout;

  constructor(path: string, onOpened: () => void) {
    this.#onOpened = onOpened;
    // IN_NONBLOCK and IN_CLOEXEC have the numbers of O_NONBLOCK and O_CLOEXEC.
    this.#fd = libcCalls.inotifyInit1(EFD_NONBLOCK | O_CLOEXEC) as number;
    libcCalls.inotifyAddWatch(this.#fd, path, IN_OPEN);
    this.#timer = setInterval(() => this.look(), LOOK_INTERVAL_MS);
  }

  look(): void {
    if (!this.#waiting()) return;
    while (this.#waiting()) fs.readSync(this.#fd, this.#events);
    this.#onOpened();
  }

  close(): void {
    clearInterval(this.#timer);
    fs.closeSync(this.#fd);
  }

  #waiting(): boolean {
    return libcCalls.ioctl(this.#fd, FIONREAD, this.#size) === 0 && this.#size.readInt32LE(0) > 0;
  }
}
