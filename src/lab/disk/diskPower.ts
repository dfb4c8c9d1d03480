/**
 * Power of a virtual disk: the supply (hold-up, and the faults that delay or repeat the return of power) and the power
 * line that carries its state to the disk's thread.
 *
 *   relay contact ──► Supply (main thread) ──► power line ──► disk (its own thread)
 */
import type { FaultSpec } from '../faults/spec.js';
import fs from 'node:fs';
import { EFD_CLOEXEC, EFD_NONBLOCK, libcCalls } from '../libc.js';

export interface SupplySetup {
  holdUpMs: number;
  faults: readonly FaultSpec[];
  /** Called on changes only. */
  onPower(on: boolean): void;
  record(faultClass: string, details: Record<string, unknown>): void;
}

/**
 * A contact that closes again within the hold-up time causes no cut. Faults strike by the count of cuts, not by chance.
 * Times run from the move of the contact.
 */
export class Supply {
  #setup: SupplySetup;
  #timers = new Set<NodeJS.Timeout>();
  #closed = true;
  #powered = true;
  #cuts = 0;
  #dead = false;

  constructor(setup: SupplySetup) {
    this.#setup = setup;
  }

  contact(on: boolean): void {
    if (on === this.#closed) return;
    this.#closed = on;
    this.stop();
    if (!on) return this.#later(this.#setup.holdUpMs, () => this.#cut());
    if (this.#powered) return; // the contact was open for less than the hold-up time
    const late = this.#lateMs();
    if (late === 0) this.#power(true);
    else this.#later(late, () => this.#power(true));
  }

  /** Cancels all pending changes of power. */
  stop(): void {
    this.#timers.forEach(clearTimeout);
    this.#timers.clear();
  }

  #cut(): void {
    this.#cuts++;
    this.#power(false);
    for (const fault of this.#setup.faults) {
      if (fault.class === 'dead-device' && this.#cuts >= fault.atCut && !this.#dead) {
        this.#dead = true;
        this.#setup.record(fault.class, { cut: this.#cuts });
      }
      if (fault.class === 'bounce' && this.#cuts === fault.atCut) this.#bounce(fault.pulses, fault.gapMs);
    }
  }

  /** Power returns for short pulses, then stays off. */
  #bounce(pulses: number, gapMs: number): void {
    this.#setup.record('bounce', { cut: this.#cuts, pulses, gapMs });
    for (let i = 0; i < pulses; i++) {
      this.#later((2 * i + 1) * gapMs, () => this.#power(true));
      this.#later((2 * i + 2) * gapMs, () => this.#power(false));
    }
  }

  #lateMs(): number {
    let lateMs = 0;
    for (const fault of this.#setup.faults) {
      if (fault.class !== 'late-return') continue;
      if (this.#cuts !== fault.atCut && !(fault.everyCut && this.#cuts > fault.atCut)) continue;
      lateMs += fault.delayMs;
      this.#setup.record(fault.class, { cut: this.#cuts, delayMs: fault.delayMs });
    }
    return lateMs;
  }

  #power(on: boolean): void {
    if (on === this.#powered || (on && this.#dead)) return;
    this.#powered = on;
    this.#setup.onPower(on);
  }

  #later(ms: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }
}

/**
 * A shared counter, and an eventfd that wakes the disk's thread. The counter is even with power and odd without it, and
 * only grows, so a disk that is busy during a short cut still learns of each cut, in order.
 */
const WORD = { epoch: 0, stop: 1, count: 2 } as const;

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

/** For the supply. */
export function setPower(line: PowerLineEnd, on: boolean): void {
  if (hasPower(line) === on) return;
  Atomics.add(line.words, WORD.epoch, 1);
  wake(line);
}

export function askStop(line: PowerLineEnd): void {
  Atomics.store(line.words, WORD.stop, 1);
  wake(line);
}

/** For the disk's thread. */
export function powerEpoch(line: PowerLineEnd): number {
  return Atomics.load(line.words, WORD.epoch);
}

function hasPower(line: PowerLineEnd): boolean {
  return powerEpoch(line) % 2 === 0;
}

export function stopAsked(line: PowerLineEnd): boolean {
  return Atomics.load(line.words, WORD.stop) !== 0;
}

/** The pause of a slow disk: a power cut ends it, and without power it takes no time. For the disk's thread only. */
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
