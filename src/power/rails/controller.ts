/**
 * Switches the rails of a rig by name, and reads them back.
 *
 * A switch that fails, or that the read-back contradicts, latches the controller: it switches all rails on as far as
 * possible, rejects the call with RIG_BROKEN, and refuses every later `off`; `on` stays allowed. For a rail that could
 * not be switched on it reports the state that the board reads, or else the last command that the controller sent.
 *
 * The controller does not prove that a device lost power. The devices prove that (campaign/cycle/proof.ts).
 */

import type { RailSpec } from '../spec.js';
import type { Board, SwitchDone, SwitchProof } from '../boards/board.js';
import { type RawClock, NS_PER_MS, until, untilOr } from '../../base/clock.js';
import { isPowerError, PowerError } from '../errors.js';
import {
  type RailCommand,
  type RailState,
  railState,
  readingOf,
  relayChanges,
  relayOn,
  type AllOnResult,
  commandOf,
  groupByBoard,
  type RailJob,
  type RailPulse,
  type RailReading,
  type RailSwitch,
  rigBroken,
  type OffCommand,
} from './rail.js';
import { verifyRelays } from '../boards/readBack.js';

/** A pulse timed by the board that is shorter than this ends before a read-back could see it. */
const READABLE_PULSE_MS = 300;

export class PowerController {
  readonly #boards: ReadonlyMap<string, Board>;
  readonly #rails: ReadonlyMap<string, RailSpec>;
  readonly #clock: RawClock;
  /** Rails that got an `off`, or may have got one, and no `on` since. */
  readonly #deeds = new Map<string, OffCommand>();
  #broken: PowerError | null = null;
  #closed = false;

  constructor(boards: readonly Board[], rails: readonly RailSpec[], clock: RawClock) {
    this.#boards = new Map(boards.map((board) => [board.name, board]));
    this.#rails = new Map(rails.map((rail) => [rail.name, rail]));
    this.#clock = clock;
  }

  /** The failure that latched the controller; null: it is not latched. */
  get broken(): PowerError | null {
    return this.#broken;
  }

  get notOn(): string[] {
    return [...this.#deeds.keys()];
  }

  /** Resolves when every call made so far has ended on its board. Sends nothing. */
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

  /**
   * Switches several rails as close together as their boards allow: in one frame where the board has one, and all
   * boards at the same time. Rejects with UNKNOWN_RAIL, RIG_BROKEN or CLOSED.
   */
  async switchRails(names: readonly string[], state: RailCommand): Promise<RailSwitch[]> {
    const jobs = names.map((name) => this.#job(name, state));
    this.#refuseCutIfBroken(state);
    const done = await this.#latching(() => this.#switch(jobs));
    await this.#undoCutIfBroken(state);
    return done;
  }

  async readRail(name: string): Promise<RailReading> {
    return (await this.readRails([name]))[0];
  }

  /**
   * The states that the boards read now, in the order of the names; `unknown` where a board has no read-back. Each
   * board is asked once for all its rails. Rejects with BOARD_…, TTY_… or UNKNOWN_RAIL.
   */
  async readRails(names: readonly string[]): Promise<RailReading[]> {
    const readBoard = async ([board, jobs]: [Board, RailJob[]]): Promise<RailReading[]> => {
      const reading = await board.read(jobs.flatMap(({ rail }) => rail.channels));
      return jobs.map(({ rail }) => readingOf(rail, reading));
    };
    const byBoard = groupByBoard(names.map((name) => this.#job(name, 'on')));
    const readings = (await Promise.all([...byBoard].map(readBoard))).flat();
    return names.map((name) => readings.find((one) => one.rail === name)!);
  }

  /**
   * Switches a rail off for `offMs` and on again: timed by the board where it can, else by the host. After an abort the
   * rail goes on at once, and the result says how long it was off.
   */
  async pulseRail(name: string, offMs: number, signal?: AbortSignal): Promise<RailPulse> {
    if (!(offMs > 0)) throw new RangeError(`offMs is ${offMs}; it must be more than 0 ms`);
    const job = this.#job(name, 'off');
    this.#refuseCutIfBroken('off');
    return this.#latching(
      async () => (await this.#pulseByBoard(job, offMs, signal)) ?? this.#pulseByHost(job, offMs, signal),
    );
  }

  /**
   * Switches every rail on; used when a run ends or fails. Never rejects: a rail that fails does not keep it from the
   * others. First it switches all rails of a board together, for speed; if that fails, one by one. A rail whose command
   * failed counts as restored if its board then reads it as on.
   */
  allOn(): Promise<AllOnResult> {
    return this.setEach(new Map(this.railNames.map((name) => [name, 'on'])));
  }

  /** Like `allOn`, but each named rail gets its own state; an `off` is sent even if the controller is latched. */
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
        else result.failed.push({ rail, error, state, offCommand: this.#deeds.get(rail) ?? 'untouched' });
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

  #job(name: string, state: RailCommand): RailJob {
    if (this.#closed) throw new PowerError('CLOSED', 'the boards are closed: open power again', { rail: name });
    const rail = this.#rails.get(name);
    if (rail === undefined) {
      const known = this.railNames.join(', ');
      throw new PowerError('UNKNOWN_RAIL', `no rail is called "${name}"; known: ${known}`, { rail: name });
    }
    return { rail, board: this.#boards.get(rail.board)!, state, changes: relayChanges(rail, state) };
  }

  async #switch(jobs: readonly RailJob[]): Promise<RailSwitch[]> {
    const byBoard = groupByBoard(jobs);
    for (const job of jobs) if (job.state === 'off') this.#deeds.set(job.rail.name, 'perhaps switched off');
    // All commands are sent before anything is read back: a read-back would delay the next board's command.
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

  #note({ rail, state }: RailJob): void {
    if (state === 'off') this.#deeds.set(rail.name, 'switched off');
    else this.#deeds.delete(rail.name);
  }

  /** After a switch that failed. A board that did not answer is not asked: the caller would wait for it again. */
  async #readAfter(name: string, error: unknown): Promise<RailState> {
    const isGone =
      isPowerError(error) && (error.code === 'BOARD_MUTE' || error.code === 'CLOSED' || error.code.startsWith('TTY_'));
    if (isGone) return 'unknown';
    return this.readRail(name).then(
      ({ state }) => state,
      () => 'unknown',
    );
  }

  async #verify(jobs: readonly RailJob[], done: SwitchDone): Promise<RailSwitch[]> {
    const settleMs = Math.max(...jobs.map((job) => job.rail.settleMs));
    await until(this.#clock, done.commandNs + settleMs * NS_PER_MS);
    const changes = jobs.flatMap((job) => job.changes);
    const { proof, states, values } = await verifyRelays(jobs[0].board, changes, done.commandNs, this.#clock);
    const doneNs = this.#clock.nowNs();
    return jobs.map(({ rail }) => ({
      rail: rail.name,
      commandNs: commandOf(rail, done),
      doneNs,
      evidence: proof === 'none' ? done.proof : proof,
      state: railState(rail, states),
      ...(values === undefined ? {} : { measured: rail.channels.flatMap((channel) => values.get(channel) ?? []) }),
    }));
  }

  async #pulseByBoard(job: RailJob, offMs: number, signal?: AbortSignal): Promise<RailPulse | null> {
    const { rail, board } = job;
    // The board would time each of several channels by itself; only the host switches them together.
    if (rail.channels.length !== 1) return null;
    this.#deeds.set(rail.name, 'perhaps switched off');
    const done = await board.pulse(rail.channels[0], relayOn(rail, 'off'), offMs);
    if (done === null) return null;
    let evidence: SwitchProof = done.proof;
    if (done.durationMs >= READABLE_PULSE_MS) {
      const seen = await verifyRelays(board, job.changes, done.commandNs, this.#clock);
      if (seen.proof !== 'none') evidence = seen.proof;
    }
    await untilOr(this.#clock, done.commandNs + done.durationMs * NS_PER_MS, signal);
    if (signal?.aborted === true) return this.#endPulse(job, done.commandNs, evidence, 'board');
    const back = { commandNs: done.commandNs + done.durationMs * NS_PER_MS, proof: done.proof };
    const [after] = await this.#verify([this.#job(rail.name, 'on')], back);
    this.#deeds.delete(rail.name);
    return { ...after, commandNs: done.commandNs, evidence, offMs: done.durationMs, timedBy: 'board' };
  }

  async #pulseByHost(job: RailJob, offMs: number, signal?: AbortSignal): Promise<RailPulse> {
    this.#deeds.set(job.rail.name, 'perhaps switched off');
    const off = await job.board.set(job.changes);
    const seen =
      signal?.aborted === true ? null : await verifyRelays(job.board, job.changes, off.commandNs, this.#clock);
    this.#deeds.set(job.rail.name, 'switched off');
    await untilOr(this.#clock, off.commandNs + offMs * NS_PER_MS, signal);
    return this.#endPulse(job, off.commandNs, seen === null || seen.proof === 'none' ? off.proof : seen.proof, 'host');
  }

  async #endPulse(
    job: RailJob,
    offNs: number,
    evidence: SwitchProof,
    timedBy: RailPulse['timedBy'],
  ): Promise<RailPulse> {
    const [on] = await this.#switch([this.#job(job.rail.name, 'on')]);
    return { ...on, commandNs: offNs, evidence, offMs: (on.commandNs - offNs) / NS_PER_MS, timedBy };
  }

  #refuseCutIfBroken(state: RailCommand): void {
    if (state === 'on' || this.#broken === null) return;
    const message = `no rail is cut any more: ${this.#broken.message}`;
    throw new PowerError('RIG_BROKEN', message, this.#broken.context, this.#broken);
  }

  /** Another call may have latched the controller and restored power before this `off` arrived: switch on again. */
  async #undoCutIfBroken(state: RailCommand): Promise<void> {
    if (state === 'off' && this.#broken !== null) await this.allOn();
    this.#refuseCutIfBroken(state);
  }

  /** Runs a switch; a failure latches the controller, restores power and then rejects. */
  async #latching<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // Latch before the first await: no other call may cut a rail while power is being restored.
      this.#broken = rigBroken(error, { restored: [], failed: [] });
      this.#broken = rigBroken(error, await this.allOn());
      throw this.#broken;
    }
  }
}

function valueOrThrow<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
