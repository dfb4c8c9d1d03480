/**
 * The rails of a rig: named, read back, latched.
 *
 * Promises: a switch that failed or that the read-back contradicts latches the controller: power is restored to all
 * rails as far as possible, the call rejects with RIG_BROKEN, and no rail is cut any more; `on` stays allowed. What is
 * said of a rail that could not be switched on is what is known of it: read from its board, or done to it here. Does not
 * prove that a device lost power: that needs device-side evidence.
 */

import type { RailSpec } from '../spec.js';
import type { Board, RelayChange, SwitchDone } from '../boards/board.js';
import { type RawClock, NS_PER_MS, until, untilOr } from '../../base/clock.js';
import { isPowerError, PowerError } from '../errors.js';
import {
  type RailCommand,
  type RailState,
  railState,
  relayChanges,
  relayOn,
  type AllOnResult,
  type RailPulse,
  type RailReading,
  type RailSwitch,
  rigBroken,
  type RailDeed,
} from './rail.js';
import { type SwitchProof, verifyRelays } from '../boards/readBack.js';

interface Job {
  rail: RailSpec;
  board: Board;
  state: RailCommand;
  changes: RelayChange[];
}

/** A board-timed cut shorter than this is over before it could be read back. */
const READABLE_PULSE_MS = 300;

export class PowerController {
  readonly #boards: ReadonlyMap<string, Board>;
  readonly #rails: ReadonlyMap<string, RailSpec>;
  readonly #clock: RawClock;
  /** Rails that were switched off and not on again. */
  readonly #deeds = new Map<string, RailDeed>();
  #broken: PowerError | null = null;
  #closed = false;

  constructor(boards: readonly Board[], rails: readonly RailSpec[], clock: RawClock) {
    this.#boards = new Map(boards.map((board) => [board.name, board]));
    this.#rails = new Map(rails.map((rail) => [rail.name, rail]));
    this.#clock = clock;
  }

  /** The failure that latched the controller, or null. */
  get broken(): PowerError | null {
    return this.#broken;
  }

  /** Rails that were switched off here, or perhaps were, and are not on again. */
  get notOn(): string[] {
    return [...this.#deeds.keys()];
  }

  /** Resolves when every board has done what it was asked by now; asks it nothing that goes over its wire. */
  async idle(): Promise<void> {
    await Promise.all([...this.#boards.values()].map((board) => board.idle?.()));
  }

  get railNames(): string[] {
    return [...this.#rails.keys()];
  }

  /** Rejects with UNKNOWN_RAIL, RIG_BROKEN or CLOSED. */
  async switchRail(name: string, state: RailCommand): Promise<RailSwitch> {
    return (await this.switchRails([name], state))[0];
  }

  /** Several rails as close together as their boards allow: one frame where it can be, boards side by side. */
  async switchRails(names: readonly string[], state: RailCommand): Promise<RailSwitch[]> {
    const jobs = names.map((name) => this.#job(name, state));
    this.#refuseCutIfBroken(state);
    const done = await this.#latching(() => this.#switch(jobs));
    await this.#undoCutIfBroken(state);
    return done;
  }

  /** What the board says now; `unknown` where it cannot say. Rejects with BOARD_…, TTY_… or UNKNOWN_RAIL. */
  async readRail(name: string): Promise<RailReading> {
    const { rail, board } = this.#job(name, 'on');
    const reading = await board.read(rail.channels);
    if (reading === null) return { rail: name, state: 'unknown', evidence: 'none' };
    if (reading.kind === 'echo') return { rail: name, state: 'unknown', evidence: 'echo' };
    const evidence = reading.kind === 'state' ? 'read-back' : 'measured';
    return { rail: name, state: railState(rail, reading.states), evidence };
  }

  /**
   * Off for so long and on again: timed by the board where it can, else by the host. Aborted, the rail goes on at once:
   * the result says how long it was off.
   */
  async pulseRail(name: string, offMs: number, signal?: AbortSignal): Promise<RailPulse> {
    if (!(offMs > 0)) throw new RangeError(`offMs is ${offMs}; a pulse lasts longer than 0 ms`);
    const job = this.#job(name, 'off');
    this.#refuseCutIfBroken('off');
    return this.#latching(
      async () => (await this.#pulseByBoard(job, offMs, signal)) ?? this.#pulseByHost(job, offMs, signal),
    );
  }

  /**
   * Tries every rail, whatever happens to the others; never rejects. For the way out. A board's rails together first,
   * for speed; if that fails, one by one. A rail that its board then reads as on counts as restored.
   */
  allOn(): Promise<AllOnResult> {
    return this.setEach(new Map(this.railNames.map((name) => [name, 'on'])));
  }

  /** As `allOn`, to a state of its own for each rail that is named; `off` is done although the controller is latched. */
  async setEach(states: ReadonlyMap<string, RailCommand>): Promise<AllOnResult> {
    const result: AllOnResult = { restored: [], failed: [] };
    const stateOf = (name: string): RailCommand => states.get(name)!;
    const attempt = async (names: string[]): Promise<void> => {
      try {
        await this.#switch(names.map((name) => this.#job(name, stateOf(name))));
        result.restored.push(...names);
      } catch (error) {
        if (names.length > 1) {
          for (const name of names) await attempt([name]);
          return;
        }
        const [rail] = names;
        const state = await this.#readAfter(rail, error);
        if (state === stateOf(rail)) result.restored.push(rail);
        else result.failed.push({ rail, error, state, deed: this.#deeds.get(rail) ?? 'untouched' });
      }
    };
    const railsOf = (board: string): string[] =>
      [...states.keys()].filter((name) => this.#rails.get(name)?.board === board);
    const boards = [...this.#boards.keys()].map(railsOf);
    await Promise.all(boards.filter((names) => names.length > 0).map(attempt));
    return result;
  }

  /** The longest that `allOn` may take on boards whose commands take their time; 0: as long as frames do. */
  get slowestMs(): number {
    const onBoard = (board: Board): number =>
      [...this.#rails.values()]
        .filter((rail) => rail.board === board.name)
        .reduce((sum, rail) => sum + rail.channels.length, 0);
    // Together, then one by one, each with a look at its state.
    return Math.max(0, ...[...this.#boards.values()].map((board) => 4 * onBoard(board) * (board.changeMsMax ?? 0)));
  }

  /** Closes every board; rails stay as they are (`allOn` first, to leave with power on). */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled([...this.#boards.values()].map((board) => board.close()));
  }

  #job(name: string, state: RailCommand): Job {
    if (this.#closed) throw new PowerError('CLOSED', 'the boards are closed: open power again', { rail: name });
    const rail = this.#rails.get(name);
    if (rail === undefined) {
      const known = this.railNames.join(', ');
      throw new PowerError('UNKNOWN_RAIL', `no rail is called "${name}"; known: ${known}`, { rail: name });
    }
    return { rail, board: this.#boards.get(rail.board)!, state, changes: relayChanges(rail, state) };
  }

  async #switch(jobs: readonly Job[]): Promise<RailSwitch[]> {
    const byBoard = groupByBoard(jobs);
    for (const job of jobs) if (job.state === 'off') this.#deeds.set(job.rail.name, 'perhaps switched off');
    // Every command leaves before anything is read back.
    const commands = await Promise.allSettled(
      [...byBoard].map(async ([board, own]): Promise<[Board, SwitchDone]> => [
        board,
        await board.set(own.flatMap((job) => job.changes)),
      ]),
    );
    const done = new Map<Board, SwitchDone>(commands.map(valueOrThrow));
    const verified = await Promise.allSettled([...byBoard].map(([board, own]) => this.#verify(own, done.get(board)!)));
    const switches = verified.flatMap(valueOrThrow);
    for (const job of jobs) this.#note(job);
    return jobs.map((job) => switches.find((one) => one.rail === job.rail.name)!);
  }

  #note({ rail, state }: Job): void {
    if (state === 'off') this.#deeds.set(rail.name, 'switched off');
    else this.#deeds.delete(rail.name);
  }

  /** After a switch that failed. A board that did not answer is not asked: it would be waited for once more. */
  async #readAfter(name: string, error: unknown): Promise<RailState> {
    const isGone =
      isPowerError(error) && (error.code === 'BOARD_MUTE' || error.code === 'CLOSED' || error.code.startsWith('TTY_'));
    if (isGone) return 'unknown';
    return this.readRail(name).then(
      ({ state }) => state,
      () => 'unknown',
    );
  }

  async #verify(jobs: readonly Job[], done: SwitchDone): Promise<RailSwitch[]> {
    const settleMs = Math.max(...jobs.map((job) => job.rail.settleMs));
    await until(this.#clock, done.commandNs + settleMs * NS_PER_MS);
    const changes = jobs.flatMap((job) => job.changes);
    const { evidence, states, values } = await verifyRelays(jobs[0].board, changes, done.commandNs, this.#clock);
    const doneNs = this.#clock.nowNs();
    return jobs.map(({ rail }) => ({
      rail: rail.name,
      commandNs: commandOf(rail, done),
      doneNs,
      evidence: evidence === 'none' ? done.evidence : evidence,
      state: railState(rail, states),
      ...(values === undefined ? {} : { measured: rail.channels.flatMap((channel) => values.get(channel) ?? []) }),
    }));
  }

  async #pulseByBoard(job: Job, offMs: number, signal?: AbortSignal): Promise<RailPulse | null> {
    const { rail, board } = job;
    // Several channels would go off one after the other and come back so: only the host keeps them together.
    if (rail.channels.length !== 1) return null;
    this.#deeds.set(rail.name, 'perhaps switched off');
    const done = await board.pulse(rail.channels[0], relayOn(rail, 'off'), offMs);
    if (done === null) return null;
    let evidence: SwitchProof = done.evidence;
    if (done.durationMs >= READABLE_PULSE_MS) {
      const seen = await verifyRelays(board, job.changes, done.commandNs, this.#clock);
      if (seen.evidence !== 'none') evidence = seen.evidence;
    }
    await untilOr(this.#clock, done.commandNs + done.durationMs * NS_PER_MS, signal);
    if (signal?.aborted === true) return this.#endPulse(job, done.commandNs, evidence, 'board');
    const back = { commandNs: done.commandNs + done.durationMs * NS_PER_MS, evidence: done.evidence };
    const [after] = await this.#verify([this.#job(rail.name, 'on')], back);
    this.#deeds.delete(rail.name);
    return { ...after, commandNs: done.commandNs, evidence, offMs: done.durationMs, timedBy: 'board' };
  }

  async #pulseByHost(job: Job, offMs: number, signal?: AbortSignal): Promise<RailPulse> {
    this.#deeds.set(job.rail.name, 'perhaps switched off');
    const off = await job.board.set(job.changes);
    const seen =
      signal?.aborted === true ? null : await verifyRelays(job.board, job.changes, off.commandNs, this.#clock);
    this.#deeds.set(job.rail.name, 'switched off');
    await untilOr(this.#clock, off.commandNs + offMs * NS_PER_MS, signal);
    return this.#endPulse(
      job,
      off.commandNs,
      seen === null || seen.evidence === 'none' ? off.evidence : seen.evidence,
      'host',
    );
  }

  async #endPulse(job: Job, offNs: number, evidence: SwitchProof, timedBy: RailPulse['timedBy']): Promise<RailPulse> {
    const [on] = await this.#switch([this.#job(job.rail.name, 'on')]);
    return { ...on, commandNs: offNs, evidence, offMs: (on.commandNs - offNs) / NS_PER_MS, timedBy };
  }

  #refuseCutIfBroken(state: RailCommand): void {
    if (state === 'on' || this.#broken === null) return;
    throw new PowerError(
      'RIG_BROKEN',
      `no rail is cut any more, since: ${this.#broken.message}`,
      this.#broken.context,
      this.#broken,
    );
  }

  /** A cut that was under way while another one latched the rig may have come after power was restored. */
  async #undoCutIfBroken(state: RailCommand): Promise<void> {
    if (state === 'off' && this.#broken !== null) await this.allOn();
    this.#refuseCutIfBroken(state);
  }

  /** Runs a switch; whatever fails in it latches the controller and brings power back first. */
  async #latching<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // Latched before anything is awaited: no cut may slip in while power comes back.
      this.#broken = rigBroken(error, { restored: [], failed: [] });
      this.#broken = rigBroken(error, await this.allOn());
      throw this.#broken;
    }
  }
}

/** A board that is told channel by channel switches the rails of one call one after the other. */
function commandOf(rail: RailSpec, done: SwitchDone): number {
  return Math.max(...rail.channels.map((channel) => done.channelNs?.get(channel) ?? done.commandNs));
}

function groupByBoard(jobs: readonly Job[]): Map<Board, Job[]> {
  const groups = new Map<Board, Job[]>();
  for (const job of jobs) groups.set(job.board, [...(groups.get(job.board) ?? []), job]);
  return groups;
}

function valueOrThrow<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
