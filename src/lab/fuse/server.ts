/**
 * Serves one virtual disk on /dev/fuse, in a thread of its own: reads a request, calls the device, answers; and follows
 * the power line.
 *
 * Promises: each FUSE_WRITE is one write of the device. Without power, every read, write, flush and discard gets EIO.
 * Requests that are queued at a cut count as in flight: their writes are unflushed and never acknowledged. With
 * `vanish`, handles opened before a cut fail for ever, as those of a disk that left its bus. With `silent`, requests in
 * flight at the cut and those that arrive without power are answered when power returns, at the latest when the server
 * ends.
 * Does not: touch the loop device on the file, because its answer would have to come from this thread.
 */
import fs from 'node:fs';
import { EIO, type VirtualDevice } from '../disk/device.js';
import { clearWake, powerEpoch, stopAsked, type PowerLineEnd } from '../disk/diskPower.js';
import { libcCalls, POLL_GONE, POLLIN } from '../libc.js';
import { FuseReplies, IN, MAX_WRITE_BYTES, OPCODE, OUT, readU64, REQUEST_BYTES_MAX } from './protocol.js';

const ENOSYS = 38;
const EROFS = 30;
const ENOSPC = 28;
const EOPNOTSUPP = 95;
/** FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE: a discard or a write of zeros arrives as one of these. */
const FALLOCATE_ZEROES = 0x02 | 0x10;
const WAIT_FOREVER = -1;
/** Limits the requests that count as in flight at a cut: a host can send more while they are read. */
const IN_FLIGHT_MAX = 512;

export interface FuseServerSetup {
  fuseFd: number;
  line: PowerLineEnd;
  sizeBytes: number;
  vanish: boolean;
  silent: 'fail' | 'retry' | null;
  device: VirtualDevice;
  /** The cache's arena, into which requests are read. */
  arena: { readonly bytes: Buffer };
  reserve(): number;
  /** The image file has failed: the host gets EIO, the lab's log the reason. */
  onBroken(error: unknown): void;
}

/**
 * Copies of the requests that an unresponsive disk has read and not answered, in order of arrival. The kernel waits for
 * them without a timeout, so the server must answer them before it ends.
 */
class HeldRequests {
  #requests: Buffer[] = [];

  /** The request lies in `bytes[at … at + lengthBytes]`. */
  keep(bytes: Buffer, at: number, lengthBytes: number): void {
    this.#requests.push(Buffer.from(bytes.subarray(at, at + lengthBytes)));
  }

  /** Oldest first; none is kept after. */
  take(): Buffer[] {
    return this.#requests.splice(0);
  }
}

export class FuseServer {
  #s: FuseServerSetup;
  #replies: FuseReplies;
  #polled = Buffer.alloc(16);
  #epochSeen = 0;
  #isOff = false;
  #nextHandle = 1;
  #deadBelow = 0;
  #gone = false;
  #held = new HeldRequests();
  /** Length of the current request. */
  #requestBytes = 0;

  constructor(setup: FuseServerSetup) {
    this.#s = setup;
    this.#replies = new FuseReplies(setup.fuseFd, OUT.headerBytes + MAX_WRITE_BYTES);
    this.#polled.writeInt32LE(setup.fuseFd, 0);
    this.#polled.writeInt16LE(POLLIN, 4);
    this.#polled.writeInt32LE(setup.line.wakeFd, 8);
    this.#polled.writeInt16LE(POLLIN, 12);
  }

  /** Returns when the lab stops the disk, or when the file system is unmounted. */
  serve(): void {
    while (!this.#gone) {
      const ready = this.#poll(WAIT_FOREVER);
      if (this.#polled.readInt16LE(14) !== 0) clearWake(this.#s.line);
      if (stopAsked(this.#s.line)) break;
      this.#followPower();
      if (ready) this.#serveOne(false);
    }
    this.#answerHeld('fail');
  }

  /** True: a request can be read. */
  #poll(timeoutMs: number): boolean {
    this.#polled.writeInt16LE(0, 6);
    this.#polled.writeInt16LE(0, 14);
    libcCalls.poll(this.#polled, 2, timeoutMs);
    const seen = this.#polled.readInt16LE(6);
    if (seen & POLL_GONE) this.#gone = true;
    return (seen & POLLIN) !== 0 && !this.#gone;
  }

  #followPower(): void {
    const epoch = powerEpoch(this.#s.line);
    while (this.#epochSeen < epoch) {
      this.#epochSeen++;
      if (this.#epochSeen % 2 === 1) this.#cut();
      else this.#restored();
    }
  }

  #cut(): void {
    for (let i = 0; i < IN_FLIGHT_MAX && this.#poll(0); i++) this.#serveOne(true);
    try {
      this.#s.device.powerLost();
    } catch (error) {
      this.#s.onBroken(error);
    }
    this.#isOff = true;
    if (this.#s.vanish) this.#deadBelow = this.#nextHandle;
  }

  #restored(): void {
    this.#isOff = false;
    this.#s.device.powerReturned();
    if (this.#s.silent !== null) this.#answerHeld(this.#s.silent);
  }

  #answerHeld(how: 'fail' | 'retry'): void {
    for (const request of this.#held.take())
      this.#answer(request, 0, () => (how === 'retry' ? this.#perform(request, 0) : -EIO));
  }

  #serveOne(inFlightAtCut: boolean): void {
    const at = this.#s.reserve();
    const bytes = this.#s.arena.bytes;
    if (!this.#receive(bytes, at)) return;
    switch (bytes.readUInt32LE(at + IN.opcode)) {
      case OPCODE.read:
      case OPCODE.write:
      case OPCODE.fsync:
      case OPCODE.fallocate:
        return this.#transfer(bytes, at, inFlightAtCut);
      default:
        return this.#housekeeping(bytes, at);
    }
  }

  #receive(bytes: Buffer, at: number): boolean {
    try {
      this.#requestBytes = fs.readSync(this.#s.fuseFd, bytes, at, REQUEST_BYTES_MAX, null);
      return this.#requestBytes > 0;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // ENOENT: the kernel withdrew the request before it was read. EAGAIN: a cut has read it already.
      if (code === 'ENOENT' || code === 'EAGAIN' || code === 'EINTR') return false;
      if (code !== 'ENODEV') this.#s.onBroken(error);
      this.#gone = true;
      return false;
    }
  }

  /** The I/O of the disk. */
  #transfer(bytes: Buffer, at: number, inFlightAtCut: boolean): void {
    const isDead = readU64(bytes, at + IN.fileHandle) < this.#deadBelow;
    const isUnpowered = inFlightAtCut || this.#isOff;
    if (inFlightAtCut && !isDead) this.#attempt(() => this.#writeInFlight(bytes, at));
    if (isUnpowered && this.#s.silent !== null) return this.#held.keep(bytes, at, this.#requestBytes);
    this.#answer(bytes, at, () => (isDead || isUnpowered ? -EIO : this.#perform(bytes, at)));
  }

  #answer(bytes: Buffer, at: number, work: () => number): void {
    this.#replies.begin(bytes, at);
    this.#replies.end(this.#attempt(work));
  }

  #attempt(work: () => number): number {
    try {
      return work();
    } catch (failure) {
      this.#s.onBroken(failure);
      return -EIO;
    }
  }

  /** A write in flight at the cut is unflushed: it may survive, complete or in part. */
  #writeInFlight(bytes: Buffer, at: number): number {
    if (bytes.readUInt32LE(at + IN.opcode) !== OPCODE.write) return 0;
    return this.#s.device.write(
      readU64(bytes, at + IN.offset),
      bytes,
      at + IN.writeData,
      bytes.readUInt32LE(at + IN.size),
    );
  }

  #perform(bytes: Buffer, at: number): number {
    const { device } = this.#s;
    const opcode = bytes.readUInt32LE(at + IN.opcode);
    const offset = readU64(bytes, at + IN.offset);
    switch (opcode) {
      case OPCODE.write: {
        const size = bytes.readUInt32LE(at + IN.size);
        if (offset + size > this.#s.sizeBytes) return -ENOSPC;
        this.#replies.write(size);
        return device.write(offset, bytes, at + IN.writeData, size);
      }
      case OPCODE.read: {
        const size = Math.min(bytes.readUInt32LE(at + IN.size), Math.max(0, this.#s.sizeBytes - offset));
        this.#replies.data(size);
        return size === 0 ? 0 : device.read(offset, this.#replies.bytes, OUT.headerBytes, size);
      }
      case OPCODE.fsync:
        return device.flush();
      default:
        if ((bytes.readUInt32LE(at + IN.fallocateMode) & FALLOCATE_ZEROES) === 0) return -EOPNOTSUPP;
        return device.discard(offset, readU64(bytes, at + IN.fallocateLength));
    }
  }

  #housekeeping(bytes: Buffer, at: number): void {
    const replies = this.#replies;
    const opcode = bytes.readUInt32LE(at + IN.opcode);
    if (opcode === OPCODE.forget || opcode === OPCODE.batchForget || opcode === OPCODE.interrupt) return;
    replies.begin(bytes, at);
    switch (opcode) {
      case OPCODE.init:
        replies.init(bytes, at);
        return replies.end(0);
      case OPCODE.getattr:
        replies.attr(this.#s.sizeBytes);
        return replies.end(0);
      case OPCODE.open:
        replies.open(this.#nextHandle++);
        return replies.end(0);
      case OPCODE.statfs:
        replies.statfs(this.#s.sizeBytes);
        return replies.end(0);
      case OPCODE.setattr:
        return replies.end(-EROFS); // a disk keeps its size
      case OPCODE.release:
      case OPCODE.destroy:
        return replies.end(0);
      default:
        return replies.end(-ENOSYS);
    }
  }
}
