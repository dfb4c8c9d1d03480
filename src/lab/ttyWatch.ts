/**
 * Notices that a host has opened a tty (inotify on the pty's slave): boards with a bootloader reset then, and bytes that
 * nobody read are gone, as on a real port, which receives nothing while closed.
 *
 * Looked at before each chunk and at short intervals; so an opening is always seen before what the host then sends.
 */
import fs from 'node:fs';
import { libcCalls, O_CLOEXEC, EFD_NONBLOCK } from './libc.js';

const IN_OPEN = 0x20;
const FIONREAD = 0x541b;
/** Long enough for many events; what is read is only "some". */
const EVENT_BYTES = 4096;
/** A host waits far longer for a board's boot message. */
const LOOK_INTERVAL_MS = 20;

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
