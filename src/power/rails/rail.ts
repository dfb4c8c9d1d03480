/**
 * A rail: which relays it needs for a state, what its relays say of its state, and the results of switching it. Pure.
 */

import type { BoardRef, RailSpec } from '../spec.js';
import type { Board, RelayChange, RelayReading, SwitchDone, SwitchProof } from '../boards/board.js';
import { PowerError, isPowerError } from '../errors.js';

export type RailCommand = 'on' | 'off';
export type RailState = RailCommand | 'unknown';

/**
 * Whether the relay must be energized for this state. At an NO contact current flows while the relay is energized, at
 * an NC contact while it is not. `invert` reverses that, for an inverting driver stage before the relay.
 */
export function relayOn(rail: RailSpec, state: RailCommand): boolean {
  const energized = (state === 'on') === (rail.contact === 'NO');
  return rail.invert ? !energized : energized;
}

export function relayChanges(rail: RailSpec, state: RailCommand): RelayChange[] {
  return rail.channels.map((channel) => ({ channel, on: relayOn(rail, state) }));
}

/** The rail's state if all its relays agree, else `unknown`. */
export function railState(rail: RailSpec, relays: ReadonlyMap<number, boolean>): RailState {
  for (const state of ['on', 'off'] as const) {
    if (rail.channels.every((channel) => relays.get(channel) === relayOn(rail, state))) return state;
  }
  return 'unknown';
}

/** Throws BAD_SPEC with the board or rail that does not fit. */
export function checkRails(boards: readonly BoardRef[], rails: readonly RailSpec[]): void {
  const byName = new Map<string, BoardRef>();
  for (const board of boards) {
    if (byName.has(board.name))
      throw new PowerError('BAD_SPEC', `board "${board.name}" is defined twice; rename one of them`);
    byName.set(board.name, board);
  }
  const owners = new Map<string, string>();
  const names = new Set<string>();
  for (const rail of rails) {
    if (names.has(rail.name))
      throw new PowerError('BAD_SPEC', `rail "${rail.name}" is defined twice; rename one of them`);
    names.add(rail.name);
    checkRail(rail, byName, owners);
  }
}

function checkRail(rail: RailSpec, boards: ReadonlyMap<string, BoardRef>, owners: Map<string, string>): void {
  const fail = (what: string): never => {
    throw new PowerError('BAD_SPEC', `rail "${rail.name}": ${what}`, { rail: rail.name });
  };
  const board = boards.get(rail.board);
  const edit = `edit rails.${rail.name}.channels`;
  if (board === undefined)
    return fail(
      `board "${rail.board}" does not exist (known: ${[...boards.keys()].join(', ')}); edit rails.${rail.name}.board`,
    );
  if (rail.channels.length === 0) fail(`it has no channel; ${edit}`);
  for (const channel of rail.channels) {
    if (!Number.isInteger(channel) || channel < 1 || channel > board.channels) {
      fail(
        `channel ${channel} does not exist on board "${board.name}" (${board.type} with ${board.channels}); ${edit}`,
      );
    }
    const key = `${board.name}:${channel}`;
    const owner = owners.get(key);
    if (owner !== undefined)
      fail(`channel ${channel} of board "${board.name}" already belongs to rail "${owner}"; ${edit}`);
    owners.set(key, rail.name);
  }
}

/** The `off` that this process sent to a rail: none, one that its board confirmed, or one that may have arrived. */
export type OffCommand = 'untouched' | 'switched off' | 'perhaps switched off';

export interface RailNotOn {
  rail: string;
  error: unknown;
  /** As its board reads it now; `unknown`: the board has no read-back, or failed. */
  state: RailState;
  offCommand: OffCommand;
}

/** The states of rails that could not be switched on, as text for a message; empty when there is none. */
export function railsLeft(failed: readonly Pick<RailNotOn, 'rail' | 'state' | 'offCommand'>[]): string {
  const isOff = failed.filter(
    ({ state, offCommand }) => state === 'off' || (state === 'unknown' && offCommand === 'switched off'),
  );
  const maybe = failed.filter((one) => !isOff.includes(one) && one.offCommand !== 'untouched');
  const unknown = failed.filter((one) => !isOff.includes(one) && !maybe.includes(one));
  const names = (rails: typeof isOff): string => rails.map(({ rail }) => rail).join(', ');
  return [
    ...(isOff.length === 0 ? [] : [`WITHOUT POWER: ${names(isOff)}`]),
    ...(maybe.length === 0 ? [] : [`perhaps WITHOUT POWER: ${names(maybe)} (off was sent, on failed)`]),
    ...(unknown.length === 0
      ? []
      : [`state unknown: ${names(unknown)} (never switched off by this process, on failed)`]),
  ].join('; ');
}

export interface RailSwitch {
  rail: string;
  /** Monotonic ns (process.hrtime) at which the tty had the last byte of the last command for its channels. */
  commandNs: number;
  /** Monotonic ns at which the settle time and the read-back had ended. */
  doneNs: number;
  evidence: SwitchProof;
  /** `unknown` unless the board read its relay or measured its output. */
  state: RailState;
  /** Of a measuring board: the value of each channel, in the board's unit. */
  measured?: number[];
}

export interface RailPulse extends RailSwitch {
  /** How long the rail was off: the duration sent to the board, or the time between the host's two commands. */
  offMs: number;
  timedBy: 'board' | 'host';
}

export interface RailReading {
  rail: string;
  state: RailState;
  evidence: SwitchProof;
}

/** `reading`: of the rail's channels at least; null: the board has no read-back. */
export function readingOf(rail: RailSpec, reading: RelayReading | null): RailReading {
  if (reading === null) return { rail: rail.name, state: 'unknown', evidence: 'none' };
  if (reading.kind === 'echo') return { rail: rail.name, state: 'unknown', evidence: 'echo' };
  const evidence = reading.kind === 'state' ? 'read-back' : 'measured';
  return { rail: rail.name, state: railState(rail, reading.states), evidence };
}

export interface AllOnResult {
  restored: string[];
  failed: RailNotOn[];
}

/** The error that latches the controller; its message contains the state of every rail that is not on. */
export function rigBroken(error: unknown, { restored, failed }: AllOnResult): PowerError {
  const notRestored = failed.map(({ rail }) => rail);
  const cause = isPowerError(error) ? error : null;
  const rest = railsLeft(failed) || 'power is back on all rails';
  const message = `${error instanceof Error ? error.message : String(error)}; ${rest}; no more cuts until the rig is repaired`;
  const context = { ...cause?.context, restored, notRestored, causeCode: cause?.code };
  return new PowerError('RIG_BROKEN', message, context, error);
}

/** One rail to be switched: its board, and the relays that change. */
export interface RailJob {
  rail: RailSpec;
  board: Board;
  state: RailCommand;
  changes: RelayChange[];
}

/**
 * The time of the last command for this rail: a board without a frame for all relays gets one frame for each channel.
 */
export function commandOf(rail: RailSpec, done: SwitchDone): number {
  return Math.max(...rail.channels.map((channel) => done.channelNs?.get(channel) ?? done.commandNs));
}

export function groupByBoard(jobs: readonly RailJob[]): Map<Board, RailJob[]> {
  const groups = new Map<Board, RailJob[]>();
  for (const job of jobs) groups.set(job.board, [...(groups.get(job.board) ?? []), job]);
  return groups;
}
