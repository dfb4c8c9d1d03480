/**
 * A board that is described by frames, on a wire: turns relay changes into the fewest frames that the description
 * allows, checks the answers, tries again what may be tried again (a mute or garbled exchange; never a refusal).
 */

import type { BoardType, ReadBackKind, ReadRule, Step } from '../boardType.js';
import { readBackOf } from '../boardType.js';
import { allChannels, boardValues, threshold } from '../boardTypeCheck.js';
import { isPowerError } from '../errors.js';
import { toHex } from '../hex.js';
import { renderFrame } from '../language/frame.js';
import type { Values } from '../language/numbers.js';
import { compileReply, echoReply, type ReplyPattern } from '../language/reply.js';
import type { Board, PulseDone, RelayChange, RelayReading, SwitchDone } from './board.js';
import type { BoardMemory } from './boardMemory.js';
import type { Answer, Session } from './session.js';
import type { Clock } from '../clock.js';

export interface FrameBoardSetup {
  name: string;
  typeName: string;
  type: BoardType;
  channels: number;
  options: Values;
  replyTimeoutMs: number;
  /** Attempts of one exchange in all, 1 or more. */
  attempts: number;
  clock: Clock;
  session: Session;
  memory: BoardMemory;
  /** `none`: never ask; `state`: ask the board although it could measure. */
  readBack: 'auto' | 'none' | 'state';
  /** Leave the once-only initialization out: someone else did it. */
  initialized: boolean;
  /** How relays are when the bench lets go of them; relays that are not told are nobody's. */
  rest: readonly RelayChange[];
}

/** Contacts move within about 10 ms; a board that reads its pins may show the old state for so long. */
const CONTACT_MS_MAX = 50;

type SendAndExpect = Pick<Step, 'send' | 'expect' | 'timeoutMs'>;

export class FrameBoard implements Board {
  readonly name: string;
  readonly type: string;
  readonly channels: number;
  readBack: ReadBackKind;
  readonly readBackWithinMs: number;
  readonly #setup: FrameBoardSetup;
  readonly #values: Values;
  readonly #refused: ReplyPattern[];
  readonly #read: ReadRule | undefined;

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
    this.#refused = (setup.type.refused ?? []).map((template) => compileReply(template, this.#values));
  }

  /** Waits for a booting board, synchronizes, initializes. Rejects with BOARD_MUTE and the like. */
  async start(): Promise<void> {
    const { type, memory, initialized } = this.#setup;
    if (type.boot !== undefined) await this.#awaitBoot(type.boot);
    await this.#synchronize();
    for (const step of type.open) await this.#exchange(step, this.#values);
    if (type.once.length > 0 && !memory.initialized && !initialized) await this.#initializeOnce();
    for (let channel = 1; channel <= this.channels; channel += 1) {
      for (const step of type.openEachChannel) await this.#exchange(step, this.#channelValues(channel));
    }
    if (type.boot !== undefined && this.#setup.rest.length > 0) await this.set(this.#setup.rest);
    if (this.#read?.mayBeMute === true && this.readBack !== 'none') await this.#probeReadBack();
  }

  async set(changes: readonly RelayChange[]): Promise<SwitchDone> {
    const { type } = this.#setup;
    if ('mask' in type.set) return this.#setMask(type.set.mask, changes);
    const all = this.#allStep(changes);
    if (all !== null) return this.#switch(all.step, { ...this.#values, mask: all.mask });
    let done: SwitchDone = { commandNs: 0, evidence: 'none' };
    for (const { channel, on } of changes) {
      done = await this.#switch(on ? type.set.on : type.set.off, this.#channelValues(channel));
    }
    return done;
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
      for (const channel of channels) copyState(await this.#readTimes(read, this.#channelValues(channel)), channel, states);
    }
    return { kind: read.kind, states };
  }

  async pulse(channel: number, on: boolean, durationMs: number): Promise<PulseDone | null> {
    const { pulse } = this.#setup.type;
    const step = on ? pulse?.on : pulse?.off;
    if (pulse === undefined || step === undefined) return null;
    const units = Math.max(1, Math.round(durationMs / pulse.unitMs));
    if (units > pulse.unitsMax) return null;
    // Never sent twice: if only the echo was lost, a second frame would be a second cut.
    const answer = await this.#once(step, { ...this.#channelValues(channel), units });
    const evidence = step.expect === undefined ? 'none' : 'echo';
    return { commandNs: answer.sentNs, evidence, durationMs: units * pulse.unitMs };
  }

  async identify(): Promise<string | null> {
    const { identify } = this.#setup.type;
    if (identify === undefined) return null;
    return toHex((await this.#exchange(identify, this.#values)).received);
  }

  close(): Promise<void> {
    return this.#setup.session.close();
  }

  async #awaitBoot(boot: NonNullable<BoardType['boot']>): Promise<void> {
    const { session } = this.#setup;
    const expect = boot.expect.map((template) => compileReply(template, this.#values));
    const timeoutMs = Math.ceil(boot.timeoutMs / 2);
    try {
      await session.listen(expect, timeoutMs);
    } catch (error) {
      if (boot.ask === undefined || !mayRetry(error)) throw error;
      await session.exchange({ send: renderFrame(boot.ask, this.#values), expect, refused: [], timeoutMs });
    }
  }

  async #setMask(step: Step, changes: readonly RelayChange[]): Promise<SwitchDone> {
    const { memory } = this.#setup;
    // Never written in the board's powered life: power to every rail is what the bench wants at rest.
    const start = memory.mask === null ? [...this.#setup.rest, ...changes] : changes;
    const mask = start.reduce((sum, change) => withBit(sum, change.channel, change.on), memory.mask ?? 0);
    const done = await this.#switch(step, { ...this.#values, mask });
    memory.mask = mask;
    memory.save();
    return done;
  }

  /** One frame for all relays, if they all go the same way. */
  #allStep(changes: readonly RelayChange[]): { step: Step; mask: number } | null {
    const { setAll } = this.#setup.type;
    if (setAll === undefined || this.channels < 2 || this.channels > 32) return null;
    const { on } = changes[0];
    const channels = new Set(changes.map((change) => change.channel));
    if (channels.size < this.channels || changes.some((change) => change.on !== on)) return null;
    return { step: on ? setAll.on : setAll.off, mask: on ? allChannels(this.channels) : 0 };
  }

  async #switch(step: Step, values: Values): Promise<SwitchDone> {
    const answer = await this.#exchange(step, values);
    return { commandNs: answer.sentNs, evidence: step.expect === undefined ? 'none' : 'echo' };
  }

  async #readTimes(read: ReadRule, values: Values): Promise<Answer> {
    for (let i = 1; i < read.times; i += 1) await this.#exchange(read, values);
    return this.#exchange(read, values);
  }

  /** Between the two thresholds the output is neither on nor off yet: that channel is left out. */
  async #measure(measure: NonNullable<BoardType['measure']>, channels: readonly number[]): Promise<RelayReading> {
    const states = new Map<number, boolean>();
    for (const channel of channels) {
      const value = (await this.#exchange(measure, this.#channelValues(channel))).captures?.value;
      if (value !== undefined && value >= threshold(measure.onAtLeast, this.#values)) states.set(channel, true);
      else if (value !== undefined && value <= threshold(measure.offAtMost, this.#values)) states.set(channel, false);
    }
    return { kind: 'measured', states };
  }

  /** The mark is written first: a crash between the two leaves a mute board, not one that switches by itself. */
  async #initializeOnce(): Promise<void> {
    const { type, memory } = this.#setup;
    memory.initialized = true;
    memory.mask = null;
    memory.save();
    try {
      for (const step of type.once) await this.#once(step, this.#values);
    } catch (error) {
      // Nothing came back at all: no such board heard it, so another attempt cannot switch anything.
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
      await this.#once(read, this.#values);
    } catch (error) {
      if (!isPowerError(error) || error.code !== 'BOARD_MUTE') throw error;
      this.readBack = 'none';
    }
  }

  async #synchronize(): Promise<void> {
    const { sync } = this.#setup.type;
    if (sync === undefined) return;
    for (let left = sync.tries; ; left -= 1) {
      try {
        await this.#once(sync, this.#values);
        return;
      } catch (error) {
        if (left <= 1 || !mayRetry(error)) throw error;
      }
    }
  }

  /** Tries again after silence or noise. The time told is the first attempt's: the relay may have heard that one. */
  async #exchange(step: SendAndExpect, values: Values): Promise<Answer> {
    let firstSentNs: number | null = null;
    for (let left = this.#setup.attempts; ; left -= 1) {
      const startNs = this.#setup.clock.nowNs();
      try {
        const answer = await this.#once(step, values);
        return { ...answer, sentNs: firstSentNs ?? answer.sentNs };
      } catch (error) {
        if (left <= 1 || !mayRetry(error)) throw error;
        firstSentNs ??= startNs;
        await this.#synchronize();
      }
    }
  }

  #once(step: SendAndExpect, values: Values): Promise<Answer> {
    const send = renderFrame(step.send, values);
    const expect = (step.expect ?? []).map((reply) => (reply === 'echo' ? echoReply(send) : compileReply(reply, values)));
    const timeoutMs = step.timeoutMs ?? this.#setup.replyTimeoutMs;
    return this.#setup.session.exchange({ send, expect, refused: this.#refused, timeoutMs });
  }

  #channelValues(channel: number): Values {
    return { ...this.#values, channel, bit: channel <= 32 ? 2 ** (channel - 1) : 0 };
  }
}

function mayRetry(error: unknown): boolean {
  return isPowerError(error) && (error.code === 'BOARD_MUTE' || error.code === 'BOARD_GARBAGE');
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
