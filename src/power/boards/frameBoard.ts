/**
 * A board that is described by frames: turns relay changes into the fewest frames that the description allows, and
 * answers into relay states. dialogue.ts decides which frames may be sent twice.
 */

import { type BoardType, type ReadBackKind, type ReadRule, type Step, readBackOf } from '../boardType.js';
import { allChannels, boardValues, threshold } from '../boardTypeCheck.js';
import { isPowerError } from '../errors.js';
import { readable } from '../hex.js';
import type { Values } from '../language/frame.js';
import { verifyRelays } from './readBack.js';
import { AllAtOnce } from './allAtOnce.js';
import type { Board, PulseDone, RelayChange, RelayReading, SwitchDone } from './board.js';
import type { BoardMemory } from './boardMemory.js';
import { Dialogue, type DialogueSetup, inWords } from './dialogue.js';
import type { Answer } from './connection.js';

export interface FrameBoardSetup extends DialogueSetup {
  name: string;
  typeName: string;
  channels: number;
  options: Values;
  memory: BoardMemory;
  /** `none`: no read-back; `state`: read the relay although the board could measure. */
  readBack: 'auto' | 'none' | 'state';
  /** Do not send the once-only initialization: other software has sent it. */
  initialized: boolean;
  /** The relay states with every rail on. Relays that feed no rail are not in it. */
  rest: readonly RelayChange[];
}

/** Contacts move within about 10 ms. Until this time a board that reads its pins may answer with the old state. */
const CONTACT_MS_MAX = 50;

export class FrameBoard implements Board {
  readonly name: string;
  readonly type: string;
  readonly channels: number;
  readBack: ReadBackKind;
  readonly allAtOnce: boolean;
  readonly readBackWithinMs: number;
  readonly #setup: FrameBoardSetup;
  readonly #values: Values;
  readonly #dialogue: Dialogue;
  readonly #read: ReadRule | undefined;
  readonly #all: AllAtOnce;
  #refusesPulses = false;

  constructor(setup: FrameBoardSetup) {
    this.#setup = setup;
    this.name = setup.name;
    this.type = setup.typeName;
    this.channels = setup.channels;
    const { type, channels } = setup;
    this.#read = type.read?.find(({ forChannels: f }) => f === undefined || (channels >= f.min && channels <= f.max));
    if (setup.readBack === 'auto') this.readBack = readBackOf(type);
    else this.readBack = setup.readBack === 'state' ? (this.#read?.kind ?? 'none') : 'none';
    this.readBackWithinMs = this.readBack === 'measured' ? (type.measure?.withinMs ?? 0) : CONTACT_MS_MAX;
    this.#values = boardValues(setup.channels, setup.options);
    this.#dialogue = new Dialogue(setup, this.#values);
    // No board known has a mask of more than 32 relays, and one relay needs no mask.
    this.allAtOnce = type.setAll !== undefined && !('mask' in type.set) && channels >= 2 && channels <= 32;
    this.#all = new AllAtOnce(setup.clock, {
      together: (changes) => this.#setTogether(changes),
      oneByOne: (changes) => this.#setOneByOne(changes),
      verify: (changes, sinceNs) => this.#verify(changes, sinceNs),
      synchronize: () => this.#dialogue.synchronize(),
    });
  }

  /**
   * Waits until the board has booted, synchronizes its parser and initializes it. Rejects with BOARD_… or TTY_FAILED.
   */
  async start(): Promise<void> {
    const { type, memory, initialized } = this.#setup;
    if (type.boot !== undefined) await this.#dialogue.awaitBoot(type.boot);
    await this.#dialogue.synchronize();
    for (const step of type.open) await this.#dialogue.ask(step, this.#values);
    if (type.once.length > 0 && !memory.initialized && !initialized) await this.#initializeOnce();
    for (let channel = 1; channel <= this.channels; channel += 1) {
      for (const step of type.openEachChannel) await this.#dialogue.ask(step, this.#channelValues(channel));
    }
    if (type.boot !== undefined && this.#setup.rest.length > 0) await this.set(this.#setup.rest);
    if (this.#read?.mayBeMute === true && this.readBack !== 'none') await this.#probeReadBack();
  }

  set(changes: readonly RelayChange[]): Promise<SwitchDone> {
    return this.#allAlike(changes) ? this.#all.set(changes) : this.#setOneByOne(changes);
  }

  async #setOneByOne(changes: readonly RelayChange[]): Promise<SwitchDone> {
    const { set } = this.#setup.type;
    if ('mask' in set) return this.#setMask(set.mask, changes);
    let done: SwitchDone = { commandNs: 0, proof: 'none' };
    const channelNs = new Map<number, number>();
    for (const { channel, on } of changes) {
      done = await this.#switch(on ? set.on : set.off, this.#channelValues(channel));
      channelNs.set(channel, done.commandNs);
    }
    return { ...done, channelNs };
  }

  async read(channels: readonly number[]): Promise<RelayReading | null> {
    const { type } = this.#setup;
    if (this.readBack === 'none') return null;
    if (this.readBack === 'measured' && type.measure !== undefined) return this.#measure(type.measure, channels);
    const read = this.#read;
    if (read === undefined) return null;
    const states = new Map<number, boolean>();
    if (read.per === 'board') {
      const answer = await this.#readTimes(read, this.#values);
      for (const channel of channels) copyState(answer, channel, states);
    } else {
      for (const channel of channels)
        copyState(await this.#readTimes(read, this.#channelValues(channel)), channel, states);
    }
    return { kind: read.kind, states };
  }

  async pulse(channel: number, on: boolean, durationMs: number): Promise<PulseDone | null> {
    const { pulse } = this.#setup.type;
    const step = on ? pulse?.on : pulse?.off;
    if (pulse === undefined || step === undefined || this.#refusesPulses) return null;
    const units = Math.max(1, Math.round(durationMs / pulse.unitMs));
    if (units > pulse.unitsMax) return null;
    // Not sent twice: if only the echo was lost, a second frame would be a second cut.
    const answer = await this.#dialogue
      .askOnce(step, { ...this.#channelValues(channel), units })
      .catch((error: unknown) => {
        // The board has answered that it did not switch: the host times the pulse.
        if (isPowerError(error) && error.code === 'BOARD_REFUSED') return null;
        throw error;
      });
    this.#refusesPulses = answer === null;
    if (answer === null) return null;
    const proof = step.expect === undefined ? 'none' : 'echo';
    return { commandNs: answer.sentNs, proof, durationMs: units * pulse.unitMs };
  }

  async identify(): Promise<string | null> {
    const { identify } = this.#setup.type;
    if (identify === undefined) return null;
    const { received } = await this.#dialogue.ask(identify, this.#values);
    return readable(received, inWords(identify).received).replace(/^(\\[rn])+|(\\[rn])+$/g, '');
  }

  close(): Promise<void> {
    return this.#setup.connection.close();
  }

  async #setMask(step: Step, changes: readonly RelayChange[]): Promise<SwitchDone> {
    const { memory } = this.#setup;
    // No mask was written since the board got power: the other relays start in the state that feeds their rails.
    const start = memory.mask === null ? [...this.#setup.rest, ...changes] : changes;
    const mask = start.reduce((sum, change) => withBit(sum, change.channel, change.on), memory.mask ?? 0);
    const done = await this.#switch(step, { ...this.#values, mask });
    memory.mask = mask;
    memory.save();
    return done;
  }

  /** Whether the changes name every relay of the board and give all of them one state. */
  #allAlike(changes: readonly RelayChange[]): boolean {
    if (!this.allAtOnce) return false;
    const channels = new Set(changes.map((change) => change.channel));
    return channels.size === this.channels && changes.every((change) => change.on === changes[0].on);
  }

  #setTogether([{ on }]: readonly RelayChange[]): Promise<SwitchDone> {
    const setAll = this.#setup.type.setAll!;
    return this.#switch(on ? setAll.on : setAll.off, { ...this.#values, mask: on ? allChannels(this.channels) : 0 });
  }

  async #verify(changes: readonly RelayChange[], sinceNs: number): Promise<void> {
    await verifyRelays(this, changes, sinceNs, this.#setup.clock);
  }

  async #switch(step: Step, values: Values): Promise<SwitchDone> {
    const answer = await this.#dialogue.ask(step, values);
    return { commandNs: answer.sentNs, proof: step.expect === undefined ? 'none' : 'echo' };
  }

  async #readTimes(read: ReadRule, values: Values): Promise<Answer> {
    for (let i = 1; i < read.times; i += 1) await this.#dialogue.ask(read, values);
    return this.#dialogue.ask(read, values);
  }

  /** An output between the two thresholds is neither on nor off yet: its channel is missing in `states`. */
  async #measure(measure: NonNullable<BoardType['measure']>, channels: readonly number[]): Promise<RelayReading> {
    const states = new Map<number, boolean>();
    const values = new Map<number, number>();
    for (const channel of channels) {
      const value = (await this.#dialogue.ask(measure, this.#channelValues(channel))).captures?.value;
      if (value !== undefined) values.set(channel, value);
      if (value !== undefined && value >= threshold(measure.onAtLeast, this.#values)) states.set(channel, true);
      else if (value !== undefined && value <= threshold(measure.offAtMost, this.#values)) states.set(channel, false);
    }
    return { kind: 'measured', states, values };
  }

  /**
   * The memory file is written before the frame. After a crash between the two the board was never initialized and does
   * not answer; the other order could initialize it twice, which switches relays.
   */
  async #initializeOnce(): Promise<void> {
    const { type, memory } = this.#setup;
    memory.initialized = true;
    memory.mask = null;
    memory.save();
    try {
      for (const step of type.once) await this.#dialogue.askOnce(step, this.#values);
    } catch (error) {
      // Without any answer the board was not initialized, so a second attempt switches nothing.
      if (isPowerError(error) && error.code === 'BOARD_MUTE') {
        memory.initialized = false;
        memory.save();
      }
      throw error;
    }
  }

  async #probeReadBack(): Promise<void> {
    const read = this.#read;
    if (read === undefined) return;
    try {
      await this.#dialogue.askOnce(read, this.#values);
    } catch (error) {
      if (!isPowerError(error) || error.code !== 'BOARD_MUTE') throw error;
      this.readBack = 'none';
    }
  }

  #channelValues(channel: number): Values {
    return { ...this.#values, channel, bit: channel <= 32 ? 2 ** (channel - 1) : 0 };
  }
}

function copyState(answer: Answer, channel: number, into: Map<number, boolean>): void {
  const state = answer.captures?.states.get(channel);
  if (state !== undefined) into.set(channel, state);
}

function withBit(mask: number, channel: number, on: boolean): number {
  const bit = 2 ** (channel - 1);
  const was = Math.floor(mask / bit) % 2 === 1;
  if (was === on) return mask;
  return on ? mask + bit : mask - bit;
}
