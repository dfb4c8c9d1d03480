/**
 * The relays of a virtual board: the state in its register, the state that it reports, and the contacts that move. A
 * welded contact does not move. `advance` ends pulses whose time has passed.
 */
import type { PeerSwitch } from '../peer.js';

export interface RelaysSetup {
  channels: number;
  initialOn(channel: number): boolean;
  /** 1-based channels whose contacts do not move; the board does not know. */
  welded: readonly number[];
  /** The board reports the opposite of each state. */
  reportsOpposite: boolean;
  /** The board works correctly until its relays have been switched this many times. */
  afterMoves: number;
}

export class Relays {
  readonly channels: number;
  readonly #setup: RelaysSetup;
  readonly #on: boolean[];
  #moved: PeerSwitch[] = [];
  #moves = 0;
  #ends: { channel: number; on: boolean; atMs: number }[] = [];

  constructor(setup: RelaysSetup) {
    this.channels = setup.channels;
    this.#setup = setup;
    this.#on = Array.from({ length: setup.channels }, (_, i) => setup.initialOn(i + 1));
  }

  has(channel: number): boolean {
    return Number.isInteger(channel) && channel >= 1 && channel <= this.channels;
  }

  /** The board misbehaves from now on. */
  get misbehaves(): boolean {
    return this.#moves >= this.#setup.afterMoves;
  }

  /** The relay's register. */
  isOn(channel: number): boolean {
    return this.#on[channel - 1];
  }

  /** The state of the contact: what a measurement behind it would show. */
  contact(channel: number): boolean {
    return this.#setup.welded.includes(channel) ? this.#setup.initialOn(channel) : this.isOn(channel);
  }

  /** The state that the board reports. */
  reported(channel: number): boolean {
    return this.isOn(channel) !== (this.#setup.reportsOpposite && this.misbehaves);
  }

  /** Reported states as bits; relay 1 is the lowest. */
  reportedMask(): number {
    let mask = 0;
    for (let channel = 1; channel <= this.channels; channel += 1)
      if (this.reported(channel)) mask += 2 ** (channel - 1);
    return mask;
  }

  set(channel: number, on: boolean): void {
    if (this.#on[channel - 1] === on) return;
    this.#on[channel - 1] = on;
    this.#moves++;
    this.#emit({ channel, on });
  }

  setAll(on: boolean): void {
    for (let channel = 1; channel <= this.channels; channel += 1) this.set(channel, on);
  }

  /** Relay 1 is the lowest bit; bits beyond the board's relays are ignored. */
  setMask(mask: number): void {
    for (let channel = 1; channel <= this.channels; channel += 1) {
      this.set(channel, Math.floor(mask / 2 ** (channel - 1)) % 2 === 1);
    }
  }

  /** Goes to `on` now and back after `durationMs`, also when the host sends nothing more. */
  pulse(channel: number, on: boolean, durationMs: number, nowMs: number): void {
    this.set(channel, on);
    this.#ends.push({ channel, on: !on, atMs: nowMs + durationMs });
    this.#emit({ channel, on: !on, afterMs: durationMs });
  }

  /** Ends the pulses whose time has passed. */
  advance(nowMs: number): void {
    for (const end of this.#ends) if (end.atMs <= nowMs) this.#on[end.channel - 1] = end.on;
    this.#ends = this.#ends.filter((end) => end.atMs > nowMs);
  }

  takeMoved(): PeerSwitch[] {
    const moved = this.#moved;
    this.#moved = [];
    return moved;
  }

  #emit(move: PeerSwitch): void {
    if (!this.#setup.welded.includes(move.channel)) this.#moved.push(move);
  }
}
