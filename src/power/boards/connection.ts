/**
 * Exchanges frames and answers with one board, one at a time.
 *
 * An answer may come in pieces, late or behind garbage. Bytes received before a frame is sent never count as its
 * answer. After a failed exchange the line must be quiet for a moment before the next frame is sent, so that a late
 * answer is not taken for the next one. After the bench itself was paused (a busy host), it reads what has arrived
 * before it decides that nothing came.
 *
 * The connection does not retry: dialogue.ts decides which frames may be sent twice. It cannot distinguish two equal
 * answers of which one is very late: no protocol here numbers its answers. It does not flush the tty: serialport's
 * flush also discards a frame that is still in the transmit buffer.
 */

import { AttendedTime } from '../../base/attendedTime.js';
import { type RawClock, NS_PER_MS, until } from '../../base/clock.js';
import { boardGarbage, boardMute, boardRefused, type SentFrame } from '../errors.js';
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
  /** Empty: the connection does not wait for an answer. */
  expect: ReplyPattern[];
  refused: ReplyPattern[];
  timeoutMs: number;
  /** For messages: which bytes are text, and what a refusal of this frame may mean. */
  inWords?: SentFrame['inWords'];
  hint?: string;
}

export interface Answer {
  /** Monotonic ns at which the kernel had the last byte of the frame. */
  sentNs: number;
  captures: Captures | null;
  received: Uint8Array;
}

/** One frame or one piece of an answer, for a log. */
export interface WireTrace {
  board: string;
  atNs: number;
  direction: 'sent' | 'received';
  bytes: Uint8Array;
}

/** More than any answer. A board that sends without end fails the exchange here. */
const RECEIVED_BYTES_MAX = 4096;
/**
 * A timer that fires later than `allowanceMs` shows that the process was paused. Bytes that arrived during the pause
 * are read within `catchUpMs`.
 */
const ATTENTION = { allowanceMs: 5, catchUpMs: 50 };
/** After a failure the line must be quiet for this long … */
const DRAIN_QUIET_MS = 30;
/** … but the connection does not wait longer than this for a board that keeps sending. */
const DRAIN_MS_MAX = 500;

export class BoardConnection {
  readonly #wire: Wire;
  readonly #clock: RawClock;
  readonly #settings: BoardConnectionSettings;
  readonly #trace: (trace: WireTrace) => void;
  /** Quiet times and deadlines count attended time; the gap between two frames is the board's and counts raw time. */
  readonly #listened = new AttendedTime(ATTENTION);
  #received = '';
  /** In attended time. */
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

  /** Waits for bytes that the board sends by itself. */
  async listen(expect: ReplyPattern[], timeoutMs: number): Promise<Captures> {
    const captures = await this.#await({ send: new Uint8Array(), expect, refused: [], timeoutMs });
    this.#notBeforeNs = this.#clock.nowNs() + this.#settings.gapMs * NS_PER_MS;
    // A booting board sends more than the expected bytes (firmata: its name).
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
        exchange.hint ?? 'check that it has that channel',
        captures.code,
      );
  }

  #noAnswer(exchange: Exchange): Error {
    if (this.#received === '') return boardMute(this.#said(exchange), exchange.timeoutMs);
    const expected = exchange.expect.map((pattern) => pattern.template).join(' or ');
    return boardGarbage(this.#said(exchange), this.#bytes(), expected);
  }

  #said({ send, inWords }: Exchange): SentFrame {
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
