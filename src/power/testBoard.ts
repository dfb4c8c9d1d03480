/**
 * Tries a board relay by relay: for `relay test`, before any disk hangs on it. THE RELAYS REALLY SWITCH. Each goes to the
 * other state and back; where the board cannot say how it was, it ends on.
 */

import type { BoardRef } from '../rig/resolved.js';
import type { Board, RelayChange } from './boards/board.js';
import { openBoard } from './boards/openBoard.js';
import { NS_PER_MS } from './clock.js';
import { isPowerError, type PowerError } from './errors.js';
import { boardDeps, type PowerDeps } from './openPower.js';
import { type Evidence, verifyRelays } from './rails/verify.js';

export interface BoardTestStep {
  step: 'open' | 'identify' | 'read' | 'switch';
  channel: number | null;
  ok: boolean;
  /** For a person: what was done, what was seen. */
  detail: string;
  evidence: Evidence | null;
  /** From the start of the step to its end. */
  tookMs: number;
  error: PowerError | null;
}

export interface BoardTestSetup {
  channels: number;
  options?: Record<string, unknown>;
  boardTypes?: Record<string, unknown>;
  /** Aborted, the relay under test is put back, and no other is touched. */
  signal?: AbortSignal;
  /** Given what puts the relay under test back at once, behind whatever its board is doing; it says how it is left. */
  onOpen?: (putBack: () => Promise<string>) => void;
}

type Outcome = { detail: string; evidence?: Evidence };

/**
 * Yields one result a step. A step that fails is yielded with its error and ends the test, except for single relays: the
 * others are still tried. Throws only what is not a `PowerError`.
 */
export async function* testBoard(
  type: string,
  tty: string,
  setup: BoardTestSetup,
  deps: PowerDeps = {},
): AsyncGenerator<BoardTestStep, void> {
  const used = boardDeps(deps);
  const attempt = async (
    step: BoardTestStep['step'],
    channel: number | null,
    work: () => Promise<Outcome>,
  ): Promise<BoardTestStep> => {
    const startNs = used.clock.nowNs();
    const told = (ok: boolean, outcome: Outcome, error: PowerError | null): BoardTestStep => {
      const tookMs = (used.clock.nowNs() - startNs) / NS_PER_MS;
      return { step, channel, ok, detail: outcome.detail, evidence: outcome.evidence ?? null, tookMs, error };
    };
    try {
      return told(true, await work(), null);
    } catch (error) {
      if (!isPowerError(error)) throw error;
      return told(false, { detail: error.message }, error);
    }
  };

  const ref: BoardRef = { name: 'test', type, tty, channels: setup.channels, options: setup.options ?? {} };
  let board: Board | null = null;
  let underTest: RelayChange | null = null;
  try {
    yield await attempt('open', null, async () => {
      board = await openBoard(ref, setup.boardTypes ?? {}, [], used);
      return { detail: `opened; read-back: ${board.readBack}` };
    });
    if (board === null) return;
    const opened: Board = board;
    setup.onOpen?.(async () => {
      const change = underTest;
      if (change === null) return 'every relay is as it was found';
      await opened.set([change]);
      return `relay ${change.channel} switched ${word(change.on)} again`;
    });
    yield await attempt('identify', null, async () => ({ detail: (await opened.identify()) ?? 'it has no identity' }));
    for (let channel = 1; channel <= setup.channels; channel += 1) {
      if (setup.signal?.aborted === true) return;
      let wasOn: boolean | undefined;
      yield await attempt('read', channel, async () => {
        wasOn = (await opened.read([channel]))?.states.get(channel);
        return { detail: wasOn === undefined ? 'it cannot say' : word(wasOn) };
      });
      const endsOn = wasOn ?? true;
      underTest = { channel, on: endsOn };
      for (const on of [!endsOn, endsOn]) {
        yield await attempt('switch', channel, async () => {
          const done = await opened.set([{ channel, on }]);
          const seen = await verifyRelays(opened, [{ channel, on }], done.commandNs, used.clock);
          const evidence = seen.evidence === 'none' ? done.evidence : seen.evidence;
          return { detail: `switched ${word(on)}: ${EVIDENCE_WORDS[evidence]}`, evidence };
        });
      }
      underTest = null;
    }
  } finally {
    await (board as Board | null)?.close();
  }
}

const word = (on: boolean): string => (on ? 'on' : 'off');

const EVIDENCE_WORDS: Record<Evidence, string> = {
  none: 'the board says nothing: look and listen',
  echo: 'the board repeated the command, which proves nothing',
  'read-back': 'the board read its relay',
  measured: 'measured',
};
