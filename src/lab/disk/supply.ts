/**
 * From the relay's contact to the disk's power: hold-up, and the faults that concern when power comes back.
 *
 * Promises: a contact that closes again within the hold-up time is no cut; every decision is by count of cuts, none by
 * chance. Times are measured from the contact.
 */
import type { FaultSpec } from '../faults/spec.js';

export interface SupplySetup {
  holdUpMs: number;
  faults: readonly FaultSpec[];
  /** Called on changes only. */
  onPower(on: boolean): void;
  record(faultClass: string, details: Record<string, unknown>): void;
}

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
    if (this.#powered) return; // it opened for less than the hold-up
    const late = this.#lateMs();
    if (late === 0) this.#power(true);
    else this.#later(late, () => this.#power(true));
  }

  /** Forgets what was to come. */
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

  /** Short returns of power before it stays away. */
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
