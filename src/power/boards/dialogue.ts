/**
 * Talks to a board as its description says: renders the frames and checks the answers. It repeats an exchange that got
 * no answer or an unknown one, and never one that the board refused.
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
  /** Attempts of one exchange in total, 1 or more. */
  attempts: number;
  clock: RawClock;
  connection: BoardConnection;
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

  /**
   * Repeats an exchange that `mayRetry`. `sentNs` is the time of the first attempt: the relay may have obeyed that one.
   */
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

  /** One exchange without repetition, for frames that must not be sent twice. */
  askOnce(step: SendAndExpect, values: Values): Promise<Answer> {
    const send = renderFrame(step.send, values);
    const expect = (step.expect ?? []).map((reply) =>
      reply === 'echo' ? echoReply(send) : compileReply(reply, values),
    );
    const timeoutMs = step.timeoutMs ?? this.#setup.replyTimeoutMs;
    return this.#setup.connection.exchange({
      send,
      expect,
      refused: this.#refused,
      timeoutMs,
      inWords: inWords(step),
      hint: hintOn(values),
    });
  }

  /** Makes the board's parser drop a partial frame, if the board's description says how. */
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

  /** Opening the serial port may have reset the board. Waits for its first bytes; sends `boot.ask` if none come. */
  async awaitBoot(boot: NonNullable<BoardType['boot']>): Promise<void> {
    const { connection } = this.#setup;
    const expect = boot.expect.map((template) => compileReply(template, this.#values));
    // Half of the time for its first bytes, half for the answer to `ask`.
    const timeoutMs = Math.ceil(boot.timeoutMs / 2);
    try {
      await connection.listen(expect, timeoutMs);
    } catch (error) {
      if (boot.ask === undefined || !mayRetry(error)) throw error;
      await connection.exchange({
        send: renderFrame(boot.ask, this.#values),
        expect,
        refused: [],
        timeoutMs,
        inWords: inWords({ ...boot, send: boot.ask }),
      });
    }
  }
}

/** Whether messages show the bytes of a step as text: they do where its templates contain text. */
export function inWords({ send, expect = [] }: Pick<Step, 'send' | 'expect'>): { sent: boolean; received: boolean } {
  const isText = (template: string): boolean => /["[']|\{text\}|\{value\}/.test(template);
  return { sent: isText(send), received: expect.some((template) => isText(template === 'echo' ? send : template)) };
}

/** The likely reason for the refusal of a frame with these values, and what to check. */
function hintOn(values: Values): string {
  if (values['units'] !== undefined) return 'perhaps it cannot time pulses by itself';
  if (values['channel'] !== undefined) return `check that it has channel ${values['channel']}`;
  if (values['mask'] !== undefined)
    return 'perhaps it has no frame for all relays at once, or fewer channels than the profile says';
  return 'check its type and its number of channels in the profile';
}

function mayRetry(error: unknown): boolean {
  return isPowerError(error) && (error.code === 'BOARD_MUTE' || error.code === 'BOARD_GARBAGE');
}
