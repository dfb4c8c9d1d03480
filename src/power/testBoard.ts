/**
 * Tests a board relay by relay for `relay test`, before a disk is connected to it. IT SWITCHES THE RELAYS. Each goes to
 * the other state and back; where the board has no read-back, it ends on. Then the test switches all relays in one
 * frame, if the type has one: a cut of all rails uses that frame, and some copies of a board lack it.
 */

import type { BoardRef } from './spec.js';
import type { Board, RelayChange, SwitchDone, SwitchProof } from './boards/board.js';
import { openBoard } from './boards/openBoard.js';
import { type RawClock, NS_PER_MS } from '../base/clock.js';
import { isPowerError, type PowerError } from './errors.js';
import { boardDeps, type PowerDeps } from './openPower.js';
import { verifyRelays } from './boards/readBack.js';

export interface BoardTestStep {
  step: 'open' | 'identify' | 'read' | 'switch' | 'switch all';
  channel: number | null;
  ok: boolean;
  /** What was done and what the board answered, as text. */
  detail: string;
  evidence: SwitchProof | null;
  /** From the start of the step to its end. */
  tookMs: number;
  error: PowerError | null;
}

export interface BoardTestSetup {
  /** The board's name in messages; default: `test`. */
  name?: string;
  channels: number;
  options?: Record<string, unknown>;
  boardTypes?: Record<string, unknown>;
  /** After an abort the relay under test is switched back, and no other relay is switched. */
  signal?: AbortSignal;
  /** Called with a function that switches the relay under test back and returns the final state as text. */
  onOpen?: (putBack: () => Promise<string>) => void;
}

type Outcome = { detail: string; evidence?: SwitchProof };

/**
 * Yields one result for each step. A failed step has an `error` and ends the test, but after a failed relay the test
 * goes on with the next one. Throws only errors that are not a `PowerError`.
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
    const result = (ok: boolean, outcome: Outcome, error: PowerError | null): BoardTestStep => {
      const tookMs = (used.clock.nowNs() - startNs) / NS_PER_MS;
      return { step, channel, ok, detail: outcome.detail, evidence: outcome.evidence ?? null, tookMs, error };
    };
    try {
      return result(true, await work(), null);
    } catch (error) {
      if (!isPowerError(error)) throw error;
      return result(false, { detail: error.message }, error);
    }
  };

  const ref: BoardRef = {
    name: setup.name ?? 'test',
    type,
    tty,
    channels: setup.channels,
    options: setup.options ?? {},
  };
  let board: Board | null = null;
  /** The changes that switch the relays under test back. */
  let underTest: readonly RelayChange[] = [];
  try {
    yield await attempt('open', null, async () => {
      board = await openBoard(ref, setup.boardTypes ?? {}, [], used);
      return { detail: `opened; read-back: ${board.readBack}` };
    });
    if (board === null) return;
    const opened: Board = board;
    setup.onOpen?.(async () => {
      const changes = underTest;
      if (changes.length === 0) return 'every relay is as it was found, or on where its board has no read-back';
      await opened.set(changes);
      return changes.map(({ channel, on }) => `relay ${channel} switched ${word(on)} again`).join(', ');
    });
    yield await attempt('identify', null, async () => ({
      detail: (await opened.identify()) ?? 'the type has no such query',
    }));
    const found = new Map<number, boolean>();
    for (let channel = 1; channel <= setup.channels; channel += 1) {
      if (setup.signal?.aborted === true) return;
      let wasOn: boolean | undefined;
      yield await attempt('read', channel, async () => {
        wasOn = (await opened.read([channel]))?.states.get(channel);
        return { detail: wasOn === undefined ? 'no read-back' : word(wasOn) };
      });
      const endsOn = wasOn ?? true;
      underTest = [{ channel, on: endsOn }];
      found.set(channel, endsOn);
      for (const on of [!endsOn, endsOn]) {
        yield await attempt('switch', channel, async () => {
          const done = await opened.set([{ channel, on }]);
          const evidence = await proofOf(opened, [{ channel, on }], done, used.clock);
          return { detail: `switched ${word(on)}: ${PROOF_WORDS[evidence]}`, evidence };
        });
      }
      underTest = [];
    }
    if (opened.allAtOnce !== true || setup.signal?.aborted === true) return;
    underTest = [...found].map(([channel, on]) => ({ channel, on }));
    yield await attempt('switch all', null, () => switchAll(opened, found, used.clock));
    underTest = [];
  } finally {
    await (board as Board | null)?.close();
  }
}

/** Off and on are one step: a caller that stopped between two steps would leave every relay off. */
async function switchAll(board: Board, found: ReadonlyMap<number, boolean>, clock: RawClock): Promise<Outcome> {
  const all = (on: boolean): RelayChange[] => [...found.keys()].map((channel) => ({ channel, on }));
  let off: SwitchDone;
  try {
    off = await board.set(all(false));
    await proofOf(board, all(false), off, clock);
  } catch (error) {
    await board.set(all(true)).catch(() => undefined);
    await putBack(board, found).catch(() => undefined);
    throw error;
  }
  const on = await board.set(all(true));
  const evidence = await proofOf(board, all(true), on, clock).finally(() => putBack(board, found));
  const refused = on.allRefused ?? off.allRefused;
  if (refused === undefined) return { detail: `switched off and on in one frame: ${PROOF_WORDS[evidence]}`, evidence };
  const detail = `switched off and on one after the other: the board does not obey the frame for all relays, so rails that are cut together lose power ${spread(on)} ms apart (${refused.message})`;
  return { detail, evidence };
}

async function putBack(board: Board, found: ReadonlyMap<number, boolean>): Promise<void> {
  const off = [...found].filter(([, on]) => !on).map(([channel]) => ({ channel, on: false }));
  if (off.length > 0) await board.set(off);
}

/** Time from the first relay to the last, in ms. */
function spread({ channelNs }: SwitchDone): string {
  const times = [...(channelNs?.values() ?? [])];
  return ((Math.max(...times) - Math.min(...times)) / NS_PER_MS).toFixed(0);
}

async function proofOf(
  board: Board,
  changes: readonly RelayChange[],
  done: SwitchDone,
  clock: RawClock,
): Promise<SwitchProof> {
  const seen = await verifyRelays(board, changes, done.commandNs, clock);
  return seen.proof === 'none' ? done.proof : seen.proof;
}

const word = (on: boolean): string => (on ? 'on' : 'off');

const PROOF_WORDS: Record<SwitchProof, string> = {
  none: 'the board does not answer: watch its LED, or listen to the relay',
  echo: 'the board repeated the command, which proves nothing',
  'read-back': 'the board read its relay',
  measured: 'measured',
};
