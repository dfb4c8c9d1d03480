/** The interface of a relay board: frames on a tty, a control line or commands. Channels are numbered from 1. */

import type { ReadBackKind } from '../boardType.js';
import type { PowerError } from '../errors.js';

export interface RelayChange {
  channel: number;
  on: boolean;
}

/** How a switch is known to have happened, weakest first. Whether a device lost power is proven by the device alone. */
export type SwitchProof = 'none' | 'echo' | 'read-back' | 'measured';

/** What the command itself proves, before the relay is read back. */
export type CommandProof = Extract<SwitchProof, 'none' | 'echo'>;

export interface SwitchDone {
  /** Monotonic ns at which the kernel had the last byte of the last change's frame, at its first attempt. */
  commandNs: number;
  /** The same for each channel, where each got its own frame; absent: one frame switched all of them. */
  channelNs?: ReadonlyMap<number, number>;
  proof: CommandProof;
  /** Why the relays were switched one after the other, although the board's type has a frame for all of them. */
  allRefused?: PowerError;
}

export interface RelayReading {
  kind: 'echo' | 'state' | 'measured';
  /** Channels that the answer does not contain are missing. */
  states: Map<number, boolean>;
  /** What was measured, in the board's own unit. */
  values?: ReadonlyMap<number, number>;
}

export interface PulseDone extends SwitchDone {
  /** The duration that was sent to the board: the requested one, rounded to the board's unit. */
  durationMs: number;
}

/** Calls must not overlap: `queued()` takes care of that. All methods reject with `PowerError`. */
export interface Board {
  readonly name: string;
  readonly type: string;
  readonly channels: number;
  /** Changes from `state` to `none` while the board is opened, if it does not answer the first read. */
  readonly readBack: ReadBackKind;
  /** Its type has a frame for all relays at once. */
  readonly allAtOnce?: boolean;
  /** A read-back that shows the old state is accepted only when this time has passed since the switch. */
  readonly readBackWithinMs: number;
  /** The longest time of one change, where that is more than a frame and its answer. */
  readonly changeMsMax?: number;
  /** Switches relays, in as few frames as the board allows. */
  set(changes: readonly RelayChange[]): Promise<SwitchDone>;
  /** Null: the board has no read-back. */
  read(channels: readonly number[]): Promise<RelayReading | null>;
  /** Switches the relay to `on` and back after `durationMs`, timed by the board; null: the board cannot. */
  pulse(channel: number, on: boolean, durationMs: number): Promise<PulseDone | null>;
  /** The board's answer to its identification query, as text or in hex; null: its type has no such query. */
  identify(): Promise<string | null>;
  close(): Promise<void>;
  /** Of a queued board: resolves when the calls made so far have ended. */
  idle?(): Promise<void>;
}

/** The same board, but each call starts when the previous one has ended: frames of two callers never mix. */
export function queued(board: Board): Board {
  let last: Promise<unknown> = Promise.resolve();
  const behind = <T>(call: () => Promise<T>): Promise<T> => {
    const next = last.then(call, call);
    last = next.catch(() => undefined);
    return next;
  };
  return {
    name: board.name,
    type: board.type,
    channels: board.channels,
    get readBack() {
      return board.readBack;
    },
    allAtOnce: board.allAtOnce ?? false,
    readBackWithinMs: board.readBackWithinMs,
    changeMsMax: board.changeMsMax,
    set: (changes) => behind(() => board.set(changes)),
    read: (channels) => behind(() => board.read(channels)),
    pulse: (channel, on, durationMs) => behind(() => board.pulse(channel, on, durationMs)),
    identify: () => behind(() => board.identify()),
    close: () => behind(() => board.close()),
    idle: () => behind(() => Promise.resolve()),
  };
}
