/**
 * Questions and answers on one wire, one at a time.
 *
 * Promises: an answer may come in pieces, late or behind garbage; what had been received before a frame is sent is never
 * taken for its answer; after a failure the line must be silent for a moment before the next frame, so that an answer a
 * little late does not become the wrong one; a bench that stood still itself (a busy host) reads before it judges that
 * nothing came. Does not retry: board code decides what may be sent twice. Does not tell
 * apart two equal answers of which one is very late: no protocol here numbers them. Does not flush the tty: serialport's
 * flush would also throw away a frame that is still on its way out.
 */

import { AttendedTime } from '../../base/attendedTime.js';
import { type RawClock, NS_PER_MS, until } from '../../base/clock.js';
import { boardGarbage, boardMute, boardRefused, type Said } from '../errors.js';
import type { Captures, ReplyPattern } from '../language/reply.js';
import type { Wire } from '../transport/wire.js';

export interface BoardConnectionSettings {
  board: string;
  /** `9600 8N1`, for messages. */
  line?: string;
  gapMs: number;
  quietMs: number;
}

export interface Exchange {
  send: Uint8Array;
  /** Empty: no answer is awaited. */
  expect: ReplyPattern[];
  refused: ReplyPattern[];
  timeoutMs: number;
  /** For messages: what is said in words, and what a refusal of this frame may mean. */
  inWords?: Said['inWords'];
  hint?: string;
}

export interface Answer {
  /** Monotonic ns at which the kernel had the last byte of the frame. */
  sentNs: number;
  captures: Captures | null;
  received: Uint8Array;
}

/** What went over the wire, for a log. */
export interface WireTrace {
  board: string;
  atNs: number;
  direction: 'sent' | 'received';
  bytes: Uint8Array;
}

/** More than any answer: a board that talks without end is not waited for. */
const RECEIVED_BYTES_MAX = 4096;
/** Awake so much later than asked for, the process stood still: what came meanwhile is not read yet, and is within this time. */
const ATTENTION = { allowanceMs: 5, catchUpMs: 50 };
/** After a failure the line must be silent for so long … */
const DRAIN_QUIET_MS = 30;
/** … and a board that never falls silent is not waited for longer than this. */
const DRAIN_MS_MAX = 500;

export class BoardConnection {
  readonly #wire: Wire;
  readonly #clock: RawClock;
  readonly #settings: BoardConnectionSettings;
  readonly #trace: (trace: WireTrace) => void;
  /** Silence and deadlines count while somebody listens; gaps between frames are the board's, in raw time. */
  readonly #listened = new AttendedTime(ATTENTION);
  #received = '';
  /** In time listened. */
  #lastByteMs = 0;
  #notBeforeNs = 0;
  #drainFirst = false;
  #lost: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(wire: Wire, clock: RawClock, settings: BoardConnectionSettings, trace: (trace: WireTrace) => void) {
    this.#wire = wire;
    this.#clock = clock;
    this.#settings = settings;
    this.#trace = trace;
    wire.onData((chunk) => this.#take(chunk));
    wire.onLost((error) => {
      this.#lost = error;
      this.#wake?.();
    });
  }

  /** Sends a frame and waits for its answer. Rejects with BOARD_MUTE, BOARD_GARBAGE, BOARD_REFUSED or TTY_FAILED. */
  async exchange(exchange: Exchange): Promise<Answer> {
    await until(this.#clock, this.#notBeforeNs);
    if (this.#drainFirst) await this.#drain();
    this.#received = '';
    try {
      return await this.#sendAndAwait(exchange);
    } catch (error) {
      this.#drainFirst = true;
      throw error;
    } finally {
      this.#notBeforeNs = this.#clock.nowNs() + this.#settings.gapMs * NS_PER_MS;
    }
  }

  /** Waits for something the board says by itself. */
  async listen(expect: ReplyPattern[], timeoutMs: number): Promise<Captures> {
    const captures = await this.#await({ send: new Uint8Array(), expect, refused: [], timeoutMs });
    this.#notBeforeNs = this.#clock.nowNs() + this.#settings.gapMs * NS_PER_MS;
    // What a booting board says goes on for a while (firmata: its name).
    this.#drainFirst = true;
    return captures;
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  async #sendAndAwait(exchange: Exchange): Promise<Answer> {
    if (this.#lost !== null) throw this.#lost;
    this.#trace({ board: this.#settings.board, atNs: this.#clock.nowNs(), direction: 'sent', bytes: exchange.send });
    const sentNs = await this.#wire.write(exchange.send);
    const captures = exchange.expect.length === 0 ? null : await this.#await(exchange);
    return { sentNs, captures, received: this.#bytes() };
  }

  async #await(exchange: Exchange): Promise<Captures> {
    const deadlineMs = this.#beginToListen() + exchange.timeoutMs;
    for (;;) {
      if (this.#lost !== null) throw this.#lost;
      const captures = this.#match(exchange.expect);
      if (captures !== null) return captures;
      this.#throwIfRefused(exchange);
      const nowMs = this.#listenedMs();
      if (nowMs >= deadlineMs || this.#received.length > RECEIVED_BYTES_MAX) throw this.#noAnswer(exchange);
      const quietMs = this.#lastByteMs + this.#settings.quietMs;
      await this.#dataOr(this.#received !== '' && quietMs > nowMs ? Math.min(quietMs, deadlineMs) : deadlineMs);
    }
  }

  #match(patterns: readonly ReplyPattern[]): Captures | null {
    const quiet = this.#listenedMs() - this.#lastByteMs >= this.#settings.quietMs;
    for (const pattern of patterns) {
      if (!pattern.marked && !quiet) continue;
      const captures = pattern.find(this.#received);
      if (captures !== null) return captures;
    }
    return null;
  }

  #throwIfRefused(exchange: Exchange): void {
    const captures = this.#match(exchange.refused);
    if (captures !== null)
      throw boardRefused(
        this.#said(exchange),
        this.#bytes(),
        exchange.hint ?? 'does it have that channel?',
        captures.code,
      );
  }

  #noAnswer(exchange: Exchange): Error {
    if (this.#received === '') return boardMute(this.#said(exchange), exchange.timeoutMs);
    const expected = exchange.expect.map((pattern) => pattern.template).join(' or ');
    return boardGarbage(this.#said(exchange), this.#bytes(), expected);
  }

  #said({ send, inWords }: Exchange): Said {
    const { board, line = 'baud rate, parity' } = this.#settings;
    return { board, sent: send, inWords: inWords ?? { sent: false, received: false }, line };
  }

  async #drain(): Promise<void> {
    const beganMs = this.#beginToListen();
    const endMs = beganMs + DRAIN_MS_MAX;
    for (;;) {
      const wantedMs = Math.min(Math.max(beganMs, this.#lastByteMs) + DRAIN_QUIET_MS, endMs);
      if (this.#lost !== null || this.#listenedMs() >= wantedMs) break;
      await this.#dataOr(wantedMs);
    }
    this.#drainFirst = false;
  }

  /** Resolves when bytes arrive (or the wire is lost), or when the deadline should have come. */
  #dataOr(deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const leftMs = Math.max(1, Math.ceil(deadlineMs - this.#listenedMs()));
      this.#listened.rest(leftMs);
      const end = (): void => {
        cancel();
        this.#wake = null;
        resolve();
      };
      const cancel = this.#clock.timer(leftMs, end);
      this.#wake = end;
    });
  }

  #listenedMs(): number {
    return this.#listened.look(this.#clock.nowNs() / NS_PER_MS);
  }

  #beginToListen(): number {
    this.#listened.begin(this.#clock.nowNs() / NS_PER_MS);
    return this.#listenedMs();
  }

  #take(chunk: Uint8Array): void {
    this.#trace({ board: this.#settings.board, atNs: this.#clock.nowNs(), direction: 'received', bytes: chunk });
    this.#received += String.fromCharCode(...chunk);
    this.#lastByteMs = this.#listenedMs();
    this.#wake?.();
  }

  #bytes(): Uint8Array {
    return Uint8Array.from(this.#received, (character) => character.charCodeAt(0));
  }
}
