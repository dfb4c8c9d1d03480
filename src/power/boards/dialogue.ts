/**
 * Questions to a board in the words of its description: frames rendered, answers checked, and tried again what may be
 * tried again (a mute or garbled exchange; never a refusal).
 */

import type { BoardType, Step } from '../boardType.js';
import type { RawClock } from '../../base/clock.js';
import { isPowerError } from '../errors.js';
import { renderFrame, type Values } from '../language/frame.js';
import { compileReply, echoReply, type ReplyPattern } from '../language/reply.js';
import type { Answer, BoardConnection } from './connection.js';

export interface DialogueSetup {
  type: BoardType;
  replyTimeoutMs: number;
  /** Attempts of one exchange in all, 1 or more. */
  attempts: number;
  clock: RawClock;
  session: BoardConnection;
}

type SendAndExpect = Pick<Step, 'send' | 'expect' | 'timeoutMs'>;

/** All methods reject with BOARD_MUTE, BOARD_GARBAGE, BOARD_REFUSED or TTY_FAILED. */
export class Dialogue {
  readonly #setup: DialogueSetup;
  readonly #values: Values;
  readonly #refused: ReplyPattern[];

  constructor(setup: DialogueSetup, values: Values) {
    this.#setup = setup;
    this.#values = values;
    this.#refused = (setup.type.refused ?? []).map((template) => compileReply(template, values));
  }

  /** Tries again after silence or noise. The time told is the first attempt's: the relay may have heard that one. */
  async ask(step: SendAndExpect, values: Values): Promise<Answer> {
    let firstSentNs: number | null = null;
    for (let left = this.#setup.attempts; ; left -= 1) {
      const startNs = this.#setup.clock.nowNs();
      try {
        const answer = await this.askOnce(step, values);
        return { ...answer, sentNs: firstSentNs ?? answer.sentNs };
      } catch (error) {
        if (left <= 1 || !mayRetry(error)) throw error;
        firstSentNs ??= startNs;
        await this.synchronize();
      }
    }
  }

  /** For what must not be said twice. */
  askOnce(step: SendAndExpect, values: Values): Promise<Answer> {
    const send = renderFrame(step.send, values);
    const expect = (step.expect ?? []).map((reply) =>
      reply === 'echo' ? echoReply(send) : compileReply(reply, values),
    );
    const timeoutMs = step.timeoutMs ?? this.#setup.replyTimeoutMs;
    return this.#setup.session.exchange({
      send,
      expect,
      refused: this.#refused,
      timeoutMs,
      inWords: inWords(step),
      hint: hintOn(values),
    });
  }

  /** Brings a confused parser back, if the description knows how. */
  async synchronize(): Promise<void> {
    const { sync } = this.#setup.type;
    if (sync === undefined) return;
    for (let left = sync.tries; ; left -= 1) {
      try {
        await this.askOnce(sync, this.#values);
        return;
      } catch (error) {
        if (left <= 1 || !mayRetry(error)) throw error;
      }
    }
  }

  /** Waits for what a board says after it was reset by opening; asks, if it says nothing. */
  async awaitBoot(boot: NonNullable<BoardType['boot']>): Promise<void> {
    const { session } = this.#setup;
    const expect = boot.expect.map((template) => compileReply(template, this.#values));
    const timeoutMs = Math.ceil(boot.timeoutMs / 2);
    try {
      await session.listen(expect, timeoutMs);
    } catch (error) {
      if (boot.ask === undefined || !mayRetry(error)) throw error;
      await session.exchange({
        send: renderFrame(boot.ask, this.#values),
        expect,
        refused: [],
        timeoutMs,
        inWords: inWords({ ...boot, send: boot.ask }),
      });
    }
  }
}

/** What the templates of a step hold as text reads better as text in messages, too. */
export function inWords({ send, expect = [] }: Pick<Step, 'send' | 'expect'>): { sent: boolean; received: boolean } {
  const isText = (template: string): boolean => /["[']|\{text\}|\{value\}/.test(template);
  return { sent: isText(send), received: expect.some((template) => isText(template === 'echo' ? send : template)) };
}

/** What a board may mean that refuses a frame made of these values. */
function hintOn(values: Values): string {
  if (values['units'] !== undefined) return 'it may not time pulses by itself';
  if (values['channel'] !== undefined) return `does it have channel ${values['channel']}?`;
  if (values['mask'] !== undefined)
    return 'it may not know a frame for all relays at once, or have fewer channels than the profile says';
  return 'is it of this type, and does it have as many channels as the profile says?';
}

function mayRetry(error: unknown): boolean {
  return isPowerError(error) && (error.code === 'BOARD_MUTE' || error.code === 'BOARD_GARBAGE');
}
