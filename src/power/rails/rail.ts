/** From rails to relays: contacts, inversion, and the check that boards and rails fit together. Pure. */

import type { BoardRef, RailSpec } from '../spec.js';
import type { RelayChange } from '../boards/board.js';
import { PowerError, isPowerError } from '../errors.js';
import type { SwitchProof } from '../boards/readBack.js';

export type RailCommand = 'on' | 'off';
export type RailState = RailCommand | 'unknown';

/**
 * Whether the relay must be energized for this state. NO: current flows while it is; NC: while it is not. `invert`
 * turns it once more, for a driver stage in between.
 */
export function relayOn(rail: RailSpec, state: RailCommand): boolean {
  const energized = (state === 'on') === (rail.contact === 'NO');
  return rail.invert ? !energized : energized;
}

export function relayChanges(rail: RailSpec, state: RailCommand): RelayChange[] {
  return rail.channels.map((channel) => ({ channel, on: relayOn(rail, state) }));
}

/** What the relays say about the rail: all of them one way, or nothing certain. */
export function railState(rail: RailSpec, relays: ReadonlyMap<number, boolean>): RailState {
  for (const state of ['on', 'off'] as const) {
    if (rail.channels.every((channel) => relays.get(channel) === relayOn(rail, state))) return state;
  }
  return 'unknown';
}

/** Throws BAD_SPEC naming what does not fit. */
export function checkRails(boards: readonly BoardRef[], rails: readonly RailSpec[]): void {
  const byName = new Map<string, BoardRef>();
  for (const board of boards) {
    if (byName.has(board.name)) throw new PowerError('BAD_SPEC', `two boards are called "${board.name}"`);
    byName.set(board.name, board);
  }
  const owners = new Map<string, string>();
  const names = new Set<string>();
  for (const rail of rails) {
    if (names.has(rail.name)) throw new PowerError('BAD_SPEC', `two rails are called "${rail.name}"`);
    names.add(rail.name);
    checkRail(rail, byName, owners);
  }
}

function checkRail(rail: RailSpec, boards: ReadonlyMap<string, BoardRef>, owners: Map<string, string>): void {
  const fail = (what: string): never => {
    throw new PowerError('BAD_SPEC', `rail "${rail.name}": ${what}`, { rail: rail.name });
  };
  const board = boards.get(rail.board);
  if (board === undefined) return fail(`no board is called "${rail.board}"; known: ${[...boards.keys()].join(', ')}`);
  if (rail.channels.length === 0) fail('it has no channel');
  for (const channel of rail.channels) {
    if (!Number.isInteger(channel) || channel < 1 || channel > board.channels) {
      fail(`channel ${channel}: board "${board.name}" has 1 to ${board.channels}`);
    }
    const key = `${board.name}:${channel}`;
    const owner = owners.get(key);
    if (owner !== undefined) fail(`channel ${channel} of board "${board.name}" is rail "${owner}" already`);
    owners.set(key, rail.name);
  }
}

/** (MERGED) What is known of rails that could not be switched on, and the words for it (pure). */

/** What this process has done to a rail: nothing, an `off` that its board confirmed, or one that may have arrived. */
export type RailDeed = 'untouched' | 'switched off' | 'perhaps switched off';

export interface RailNotOn {
  rail: string;
  error: unknown;
  /** As its board reads it now, where it can. */
  state: RailState;
  deed: RailDeed;
}

/** One sentence for all of them, each rail once; empty when there is none. */
export function railsLeft(failed: readonly Pick<RailNotOn, 'rail' | 'state' | 'deed'>[]): string {
  const isOff = failed.filter(({ state, deed }) => state === 'off' || (state === 'unknown' && deed === 'switched off'));
  const maybe = failed.filter((one) => !isOff.includes(one) && one.deed !== 'untouched');
  const unknown = failed.filter((one) => !isOff.includes(one) && !maybe.includes(one));
  const names = (rails: typeof isOff): string => rails.map(({ rail }) => rail).join(', ');
  return [
    ...(isOff.length === 0 ? [] : [`WITHOUT POWER: ${names(isOff)}`]),
    ...(maybe.length === 0 ? [] : [`perhaps WITHOUT POWER: ${names(maybe)} (an off was sent, an on could not be)`]),
    ...(unknown.length === 0
      ? []
      : [`state unknown: ${names(unknown)} (never switched off here, could not be switched on)`]),
  ].join('; ');
}

/** (MERGED) What comes of switching and reading rails. */

export interface RailSwitch {
  rail: string;
  /** Monotonic ns (process.hrtime) when the last byte of the last command for its channels was with the tty. */
  commandNs: number;
  /** Monotonic ns when settling and reading back had ended. */
  doneNs: number;
  evidence: SwitchProof;
  /** `unknown` unless the board read its relay or measured its output. */
  state: RailState;
  /** What a measuring board saw of each channel, in its own unit. */
  measured?: number[];
}

export interface RailPulse extends RailSwitch {
  /** How long the rail was off: as the board was told, or as the host measured between its two commands. */
  offMs: number;
  timedBy: 'board' | 'host';
}

export interface RailReading {
  rail: string;
  state: RailState;
  evidence: SwitchProof;
}

export interface AllOnResult {
  restored: string[];
  failed: RailNotOn[];
}

/** The error that latches the controller; says how the rails are left. */
export function rigBroken(error: unknown, { restored, failed }: AllOnResult): PowerError {
  const notRestored = failed.map(({ rail }) => rail);
  const cause = isPowerError(error) ? error : null;
  const rest = railsLeft(failed) || 'power is back on all rails';
  const message = `${error instanceof Error ? error.message : String(error)}; ${rest}; no more cuts until repaired`;
  const context = { ...cause?.context, restored, notRestored, causeCode: cause?.code };
  return new PowerError('RIG_BROKEN', message, context, error);
}
