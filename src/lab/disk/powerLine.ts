/**
 * The wire between the rails (main thread) and a disk (its own thread): a shared counter and an eventfd to wake the disk.
 *
 * The counter is even while there is power and odd while it is dark, and only grows; so a disk that was busy during a
 * short cut still learns of each one, in order.
 */
import fs from 'node:fs';
import { EFD_CLOEXEC, EFD_NONBLOCK, libcCalls } from '../libc.js';

const WORD = { epoch: 0, stop: 1, count: 2 } as const;

/** Handed to the disk's thread. */
export interface PowerLineEnd {
  words: Int32Array;
  wakeFd: number;
}

export function createPowerLine(): PowerLineEnd {
  const words = new Int32Array(new SharedArrayBuffer(WORD.count * Int32Array.BYTES_PER_ELEMENT));
  return { words, wakeFd: libcCalls.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) as number };
}

const ONE = Buffer.from(BigUint64Array.of(1n).buffer);

function wake(line: PowerLineEnd): void {
  Atomics.notify(line.words, WORD.epoch);
  fs.writeSync(line.wakeFd, ONE);
}

/** The rails' end. */
export function setPower(line: PowerLineEnd, on: boolean): void {
  if (hasPower(line) === on) return;
  Atomics.add(line.words, WORD.epoch, 1);
  wake(line);
}

export function askStop(line: PowerLineEnd): void {
  Atomics.store(line.words, WORD.stop, 1);
  wake(line);
}

/** The disk's end. */
export function powerEpoch(line: PowerLineEnd): number {
  return Atomics.load(line.words, WORD.epoch);
}

function hasPower(line: PowerLineEnd): boolean {
  return powerEpoch(line) % 2 === 0;
}

export function stopAsked(line: PowerLineEnd): boolean {
  return Atomics.load(line.words, WORD.stop) !== 0;
}

/** A slow disk's pause; a power cut ends it, and without power there is none. For the disk's thread only. */
export function pauseUnlessCut(line: PowerLineEnd, ms: number): void {
  const epoch = powerEpoch(line);
  if (epoch % 2 === 0) Atomics.wait(line.words, WORD.epoch, epoch, ms);
}

const drained = Buffer.alloc(8);

export function clearWake(line: PowerLineEnd): void {
  try {
    fs.readSync(line.wakeFd, drained);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
}
