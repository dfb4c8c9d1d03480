/** Facts collected in the state of a cycle (pure): each function returns a new state. */
import type { CutRecord, CycleFacts, CycleInput, CycleState, DeviceSign } from './cycleTypes.js';

export const NO_FACTS: CycleFacts = {
  cuts: [],
  recoveries: [],
  judge: null,
  resync: null,
  verify: null,
  unprovoked: [],
  hostPauses: [],
  missedAtMs: null,
};

export function openCut(state: CycleState, readableBefore: CutRecord['readableBefore']): CycleState {
  const cut: CutRecord = {
    round: state.settings.rounds[state.roundIndex],
    workSinceMs: state.workSinceMs,
    hitWork: state.work !== null,
    reached: state.reached,
    ended: null,
    commands: [],
    readableBefore,
    signs: [],
    readableWhileOff: [],
    unresponsiveWhileOff: [],
    restoredNs: null,
    counters: [],
    load: null,
    resync: null,
    workError: null,
    hostPauses: [],
  };
  return withFacts(state, { cuts: [...state.facts.cuts, cut] });
}

export function noteWork(state: CycleState, input: Extract<CycleInput, { type: 'loaded' | 'resynced' }>): CycleState {
  return input.type === 'loaded' ? withCut(state, { load: input.report }) : withCut(state, { resync: input.report });
}

export function noteRecovery(
  state: CycleState,
  report: Extract<CycleInput, { type: 'recovered' }>['report'],
): CycleState {
  return withFacts(state, { recoveries: [...state.facts.recoveries, report] });
}

export function currentCut(state: CycleState): CutRecord {
  return state.facts.cuts[state.facts.cuts.length - 1];
}

export function withCut(state: CycleState, change: Partial<CutRecord>): CycleState {
  const cuts = state.facts.cuts;
  return withFacts(state, { cuts: [...cuts.slice(0, -1), { ...currentCut(state), ...change }] });
}

export function withFacts(state: CycleState, change: Partial<CycleFacts>): CycleState {
  return { ...state, facts: { ...state.facts, ...change } };
}

/** Reported late, but detected before the power of this cut returned: no fault of the device. */
export function isLateSign(state: CycleState, sign: DeviceSign): boolean {
  const restoredNs = state.facts.cuts.length === 0 ? null : currentCut(state).restoredNs;
  return restoredNs !== null && !isCutting(state) && sign.atNs <= restoredNs;
}

/** From the command until the devices are back: I/O failures are expected. */
export function isCutting(state: CycleState): boolean {
  return [
    'cutting',
    'awaitingBoard',
    'poweredOff',
    'probingOff',
    'stopping',
    'abandoning',
    'restoring',
    'returning',
    'releasing',
  ].includes(state.step);
}
