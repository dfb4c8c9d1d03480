/**
 * What a phase of a cycle waits for, where the cycle knows it (pure): a time that the profile sets, or the boards. How
 * the rest divides between devices and processor is not known here.
 */
import { NS_PER_MS } from '../../base/clock.js';
import type { PhaseBound } from '../../report/runTimes.js';
import { cutAfterMs } from './cycleSteps.js';
import type { CyclePhase, CycleState } from './cycleTypes.js';

/** A phase that has just ended; times are of the clock that the inputs carry. */
export interface EndedPhase {
  phase: CyclePhase;
  next: CyclePhase;
  sinceMs: number;
  nowMs: number;
  /** After the transition. */
  state: CycleState;
}

/** The part of the phase that has a known cause, at most its duration; null: none is known. */
export function boundOf(ended: EndedPhase): PhaseBound | null {
  const bound = knownBound(ended);
  return bound === null ? null : { by: bound.by, ms: Math.min(Math.max(0, bound.ms), ended.nowMs - ended.sinceMs) };
}

function knownBound({ phase, next, sinceMs, state }: EndedPhase): PhaseBound | null {
  const cut = state.facts.cuts.at(-1);
  switch (phase) {
    case 'load':
    case 'resync':
    case 'recover': {
      // Work that ended by itself did not wait for the time of its cut.
      const isCut = next === 'arm' && state.work !== null;
      return isCut && state.reached === null ? { by: 'profile', ms: cutAfterMs(state) } : null;
    }
    case 'cut': {
      const commands = cut?.commands ?? [];
      if (commands.length === 0) return null;
      const askedNs = Math.min(...commands.map((command) => command.askedNs));
      return { by: 'boards', ms: (Math.max(...commands.map((command) => command.doneNs)) - askedNs) / NS_PER_MS };
    }
    case 'dark':
      return { by: 'profile', ms: state.settings.powerOffMs };
    case 'restore': {
      const restoredNs = cut?.restoredNs ?? null;
      return restoredNs === null ? null : { by: 'boards', ms: restoredNs / NS_PER_MS - sinceMs };
    }
    case 'preflight':
    case 'arm':
    case 'identify':
    case 'judge':
    case 'verify':
    case 'end':
      return null;
  }
}
