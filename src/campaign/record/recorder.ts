/**
 * Writes the events of a campaign into the run directory: `events.jsonl` (every step, with its duration) and
 * `cycles.jsonl` (one line per ended cycle, on disk before the next begins).
 *
 * Where a line does not fit on the disk, the first error is thrown, so that the campaign ends the run. After it only
 * `cycles.jsonl` is written, into the reserved space (runDirectory.ts), so that each ended cycle is on record.
 */
import type { Clock } from '../../base/clock.js';
import { cutAreas, proofOfCut } from '../cycle/proof.js';
import type { CampaignObserver } from '../observer.js';
import type { LineFile, RunDirectory } from './runDirectory.js';

export interface Recorder extends CampaignObserver {
  /** cycles.jsonl has every ended cycle. */
  readonly hasEveryCycle: boolean;
  close(): void;
}

export function createRecorder(dir: RunDirectory, clock: Clock): Recorder {
  const events = dir.lines('events.jsonl');
  const cycles = dir.lines('cycles.jsonl');
  const sinceMs = clock.nowMs();
  let broken = false;

  const write = (file: LineFile, value: object, sync: boolean): void => {
    if (broken && file !== cycles) return;
    try {
      file.append(value, sync);
    } catch (error) {
      broken = true;
      throw error;
    }
  };
  const event = (name: string, fields: object): void =>
    write(
      events,
      { atMs: round(clock.nowMs() - sinceMs), wall: new Date(clock.wallMs()).toISOString(), event: name, ...fields },
      false,
    );

  return {
    get hasEveryCycle() {
      return cycles.isComplete;
    },
    stepBegan: (step) => event('step-began', { step }),
    stepEnded: (step, durationMs) => event('step', { step, durationMs: round(durationMs) }),
    opened: (identities, report) => event('opened', { identities, report }),
    cycleBegan: (cycle) => event('cycle-began', { cycle }),
    phase: (cycle, from, to, durationMs, bound) =>
      event('phase', {
        cycle,
        phase: from,
        next: to,
        durationMs: round(durationMs),
        ...(bound === null ? {} : { boundBy: bound.by, boundMs: round(bound.ms) }),
      }),
    rail: (rail, state) => event('rail', { rail, state }),
    historyPruned: (pruned) => event('history-removed', { pruned }),
    keepResult: (text) => event('note', { text }),
    hostPause: ({ atMs, ms }) => event('standstill', { sinceMs: round(atMs - sinceMs), ms: round(ms) }),
    // With the complete record: the findings of an attempt that does not count can be read here.
    cycleRepeated: (state, record) =>
      event('cycle-repeated', { cycle: state.settings.index, outcome: state.outcome, record }),
    cycleEnded(state, record) {
      // Before its events: this line is the record that counts, and a full disk may refuse any of them.
      if (record !== null) write(cycles, record, true);
      for (const cut of state.facts.cuts) {
        event('cut', {
          cycle: state.settings.index,
          during: cut.round.during,
          areas: cutAreas(cut),
          commands: cut.commands,
          reached: cut.reached,
          ended: cut.ended,
          proof: proofOfCut(cut),
          signs: cut.signs,
          counters: cut.counters,
          workError: cut.workError,
        });
      }
      event('cycle', { cycle: state.settings.index, outcome: state.outcome, verdict: record?.verdict ?? null });
    },
    close() {
      events.close();
      cycles.close();
    },
  };
}

/** Rounds to microseconds, finer than any measurement here. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
