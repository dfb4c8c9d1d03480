/** From rails to relays: contacts, inversion, and the check that boards and rails fit together. Pure. */

import type { BoardRef, RailSpec } from '../spec.js';
import type { RelayChange } from '../boards/board.js';
import { PowerError } from '../errors.js';

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
