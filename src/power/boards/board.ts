/** What rails see of a relay board, whatever stands behind it. Channels count from 1. */

import type { ReadBackKind } from '../boardType.js';
import type { PowerError } from '../errors.js';

export interface RelayChange {
  channel: number;
  on: boolean;
}

/** What the way of switching itself proves; reading back is a step of its own. */
export type SwitchEvidence = 'none' | 'echo';

export interface SwitchDone {
  /** Monotonic ns at which the last byte of the last change's first attempt was with the kernel. */
  commandNs: number;
  /** The same of each channel, where the board is told one after the other; missing: one frame told them all. */
  channelNs?: ReadonlyMap<number, number>;
  evidence: SwitchEvidence;
  /** All relays could have gone in one frame, but the board refuses that: why they went one after the other. */
  allRefused?: PowerError;
}

export interface RelayReading {
  kind: 'echo' | 'state' | 'measured';
  /** Channels that the board did not tell are missing. */
  states: Map<number, boolean>;
  /** What was measured, in the board's own unit. */
  values?: ReadonlyMap<number, number>;
}

export interface PulseDone extends SwitchDone {
  /** What the board was told; its own unit may be coarse. */
  durationMs: number;
}

/** Calls must not overlap: `queued()` sees to it. All reject with `PowerError`. */
export interface Board {
  readonly name: string;
  readonly type: string;
  readonly channels: number;
  /** May change from `state` to `none` while opening, when a board turns out not to answer. */
  readonly readBack: ReadBackKind;
  /** It has a frame of its own for all relays at once. */
  readonly allAtOnce?: boolean;
  /** After a switch, a read-back that still shows the old state is only believed when so long has passed. */
  readonly readBackWithinMs: number;
  /** One change may take so long, where that is more than a frame and its answer. */
  readonly changeMsMax?: number;
  /** Switches relays, in as few frames as the board allows. */
  set(changes: readonly RelayChange[]): Promise<SwitchDone>;
  /** Null: the board cannot say. */
  read(channels: readonly number[]): Promise<RelayReading | null>;
  /** Relay to `on` and back after so long, timed by the board; null: it cannot. */
  pulse(channel: number, on: boolean, durationMs: number): Promise<PulseDone | null>;
  /** What the board says about itself, as words or in hex; null: nothing. */
  identify(): Promise<string | null>;
  close(): Promise<void>;
  /** Of a queued board: resolves when the calls made by now have ended. */
  idle?(): Promise<void>;
}

/** The same board with every call behind the one before: frames of two callers never mix. */
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
