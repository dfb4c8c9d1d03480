/**
 * The cycle state machine (pure): `(state, input) → (state, effects)`. It has no clock: every input carries the time,
 * and `state.timerMs` says when the next `tick` is due.
 *
 * Promises: power is cut only from areas that were readable just before; it returns only after the engine was notified
 * of the loss and has closed the devices; every step has a deadline; an input that the step does not wait for changes
 * nothing. Not promised: an orderly end. After `ended` the caller stops the engine and restores all power, whatever the
 * outcome.
 */
import { AREA_NAMES } from '../../base/areas.js';
import { NS_PER_MS } from '../../base/clock.js';
import {
  currentCut,
  isCutting,
  isLateSign,
  NO_FACTS,
  noteRecovery,
  noteWork,
  openCut,
  withCut,
  withFacts,
} from './cycleFacts.js';
import type { CycleInput, CycleSettings, CycleState, Transition } from './cycleTypes.js';
import {
  end,
  enter,
  isUnresponsive,
  go,
  loadBegan,
  missedDeadline,
  phaseOf,
  problemIn,
  sendEffect,
  type Step,
  DEADLINE_STEPS,
} from './cycleSteps.js';
import { allSeen, cutAreas } from './proof.js';

/** A cycle that waits for `start`. The engine is open, its last state verified or empty. */
export function newCycle(settings: CycleSettings): CycleState {
  return {
    settings,
    step: 'idle',
    sinceMs: 0,
    roundIndex: 0,
    work: null,
    reached: null,
    workSinceMs: 0,
    holding: false,
    timerMs: null,
    facts: NO_FACTS,
    outcome: null,
  };
}

export function step(state: CycleState, input: CycleInput): Transition {
  if (state.step === 'ended') return { state, effects: [] };
  switch (input.type) {
    case 'interrupt':
      return end(state, { kind: 'interrupted', phase: phaseOf(state) });
    case 'hostPause':
      return afterHostPause(state, input);
    case 'problem':
      return problemIn(state, input.problem);
    case 'areaFailed':
      return areaFailed(state, input);
    case 'workFailed':
      return workFailed(state, input);
    case 'point':
      return atPoint(state, input);
    case 'abandoned':
      return letGo({ ...state, holding: false }, input.nowMs);
    case 'loaded':
    case 'resynced':
    case 'recovered':
      if (state.work !== null) return workEnded(state, input);
      return ofStep(state, input);
    case 'start':
    case 'tick':
    case 'readable':
    case 'loadBegan':
    case 'switchedOff':
    case 'switchedOn':
    case 'returned':
    case 'identified':
    case 'opened':
    case 'judged':
    case 'verified':
      return ofStep(state, input);
  }
}

const HANDLERS: Record<CycleState['step'], Step> = {
  idle: (s, i) => (i.type === 'start' ? enter({ ...s, sinceMs: i.nowMs }, 'checkingReadable', i.nowMs) : go(s)),
  checkingReadable: afterPreflight,
  working: (s, i) =>
    i.type === 'tick' ? afterTime(s, i.nowMs) : i.type === 'loadBegan' ? loadBegan(s, i.nowMs) : go(s),
  arming: afterArming,
  cutting: whileCutting,
  awaitingBoard: (s, i) =>
    i.type === 'switchedOff' ? enter(withCut(s, { commands: i.commands }), 'poweredOff', i.nowMs) : go(s),
  poweredOff: (s, i) => (i.type === 'tick' ? enter(s, 'probingOff', i.nowMs) : go(s)),
  probingOff: afterOffProbe,
  stopping: (s) => go(s),
  abandoning: (s) => go(s),
  restoring: afterRestore,
  returning: (s, i) => (i.type === 'returned' ? enter(s, s.holding ? 'releasing' : 'identifying', i.nowMs) : go(s)),
  releasing: (s) => go(s),
  identifying: afterIdentify,
  opening: (s, i) => (i.type === 'opened' ? afterOpen(s, i.nowMs) : go(s)),
  recovering: (s, i) => (i.type === 'recovered' ? afterRecovery(noteRecovery(s, i.report), i.nowMs) : go(s)),
  judging: (s, i) => (i.type === 'judged' ? enter(withFacts(s, { judge: i.report }), 'resyncing', i.nowMs) : go(s)),
  resyncing: (s, i) =>
    i.type === 'resynced' ? enter(withFacts(s, { resync: i.report }), 'verifying', i.nowMs) : go(s),
  verifying: (s, i) => (i.type === 'verified' ? end(withFacts(s, { verify: i.report }), { kind: 'complete' }) : go(s)),
  ended: (s) => go(s),
};

function ofStep(state: CycleState, input: CycleInput): Transition {
  if (input.type === 'tick') {
    if (state.timerMs === null || input.nowMs < state.timerMs) return go(state);
    if (DEADLINE_STEPS.includes(state.step))
      return problemIn(withFacts(state, { missedAtMs: input.nowMs - state.sinceMs }), missedDeadline(state));
  }
  return HANDLERS[state.step](state, input);
}

/**
 * The bench process did not run, so nothing was late: deadlines move by the pause, and so does the load before a cut.
 */
function afterHostPause(
  state: CycleState,
  { pause: { atMs, ms } }: Extract<CycleInput, { type: 'hostPause' }>,
): Transition {
  const known = withFacts(state, {
    hostPauses: [...state.facts.hostPauses, { atMs: Math.max(0, atMs - state.sinceMs), ms }],
  });
  const cut =
    state.facts.cuts.length === 0
      ? known
      : withCut(known, { hostPauses: [...currentCut(state).hostPauses, { atMs, ms }] });
  const isBeforeCut = state.work !== null && (state.step === 'working' || state.step === 'arming');
  return go({
    ...cut,
    timerMs: state.timerMs === null ? null : state.timerMs + ms,
    workSinceMs: isBeforeCut ? state.workSinceMs + ms : state.workSinceMs,
  });
}

/**
 * Every area must answer before a cycle writes or cuts: an area without power at the start makes the proof worthless.
 */
function afterPreflight(state: CycleState, input: CycleInput): Transition {
  if (input.type !== 'readable') return go(state);
  const missing = AREA_NAMES.filter((a) => !input.areas.includes(a));
  if (missing.length > 0) {
    return problemIn(state, {
      kind: 'hardware',
      code: 'AREA_UNREADABLE',
      text: `${missing.join(', ')} can't be read before the cycle; check the rail and the cable`,
    });
  }
  return enter(state, 'working', input.nowMs);
}

/** The time of the cut, or the deadline of a cut point: then the power is cut all the same and the record says so. */
function afterTime(state: CycleState, nowMs: number): Transition {
  const { state: arming, effects } = enter(state, 'arming', nowMs);
  const isLate = state.settings.rounds[state.roundIndex].at !== undefined;
  return { state: arming, effects: isLate ? [{ type: 'disarmPoint' }, ...effects] : effects };
}

/** The engine halts at the cut point. An event that arrives after `working` counts as a point that was not reached. */
function atPoint(state: CycleState, { event, nowMs }: Extract<CycleInput, { type: 'point' }>): Transition {
  if (event.type === 'ended')
    return isCutting(state) && state.reached !== null ? go(withCut(state, { ended: event })) : go(state);
  if (state.step !== 'working') return go(state);
  return enter({ ...state, reached: event }, 'arming', nowMs);
}

function afterArming(state: CycleState, input: CycleInput): Transition {
  if (input.type !== 'readable') return go(state);
  return enter(openCut(state, input.areas), 'cutting', input.nowMs);
}

/**
 * Waits for the boards and for a failure of every area. Past the deadline the cycle goes on, unproven. A failed board
 * arrives as a `problem`.
 */
function whileCutting(state: CycleState, input: CycleInput): Transition {
  const cut = currentCut(state);
  if (input.type === 'switchedOff') {
    const known = withCut(state, { commands: input.commands });
    if (allSeen(currentCut(known))) return enter(known, 'poweredOff', input.nowMs);
    // The delay now counts from the command itself, not from the request to the board.
    return { state: known, effects: sendEffect(known, Math.min(...input.commands.map((c) => c.commandNs))) };
  }
  if (input.type === 'tick') {
    return cut.commands.length > 0
      ? enter(state, 'poweredOff', input.nowMs)
      : enter(state, 'awaitingBoard', input.nowMs);
  }
  return go(state);
}

function afterOffProbe(state: CycleState, input: CycleInput): Transition {
  if (input.type !== 'readable') return go(state);
  const areas = cutAreas(currentCut(state));
  const known = withCut(state, {
    readableWhileOff: input.areas.filter((a) => areas.includes(a)),
    unresponsiveWhileOff: input.unresponsive,
    offProbeNs: input.nowMs * NS_PER_MS,
  });
  return known.work === null ? afterWork(known, input.nowMs) : enter(known, 'stopping', input.nowMs);
}

/** The engine is idle: it must close the devices. */
function afterWork(state: CycleState, nowMs: number): Transition {
  return enter(state, isUnresponsive(state) ? 'restoring' : 'abandoning', nowMs);
}

function letGo(state: CycleState, nowMs: number): Transition {
  if (state.step === 'abandoning') return enter(state, 'restoring', nowMs);
  return state.step === 'releasing' ? enter(state, 'identifying', nowMs) : go(state);
}

function afterRestore(state: CycleState, input: CycleInput): Transition {
  if (input.type !== 'switchedOn') return go(state);
  return enter(withCut(state, { restoredNs: input.atNs }), 'returning', input.nowMs);
}

function afterIdentify(state: CycleState, input: CycleInput): Transition {
  if (input.type !== 'identified') return go(state);
  const known = withCut(state, { counters: input.counters });
  return input.mismatch === null ? enter(known, 'opening', input.nowMs) : problemIn(known, input.mismatch);
}

/** The next cut of this cycle may fall into a recovery: then this recovery is the work to be cut. */
function afterOpen(state: CycleState, nowMs: number): Transition {
  const next = state.settings.rounds[state.roundIndex + 1];
  if (next?.during !== 'recovery') return enter(state, 'recovering', nowMs);
  return enter({ ...state, roundIndex: state.roundIndex + 1 }, 'working', nowMs);
}

function afterRecovery(state: CycleState, nowMs: number): Transition {
  const next = state.settings.rounds[state.roundIndex + 1];
  if (next === undefined) return enter(state, 'judging', nowMs);
  return enter({ ...state, roundIndex: state.roundIndex + 1 }, 'working', nowMs);
}

/** The work to be cut has ended: because of the cut, because it was stopped, or before the cut. */
function workEnded(
  state: CycleState,
  input: Extract<CycleInput, { type: 'loaded' | 'resynced' | 'recovered' }>,
): Transition {
  const idle: CycleState = { ...state, work: null };
  if (state.step === 'working' || state.step === 'arming') return workEndedEarly(idle, input);
  const known = input.type === 'recovered' ? noteRecovery(idle, input.report) : noteWork(idle, input);
  return state.step === 'stopping' ? afterWork(known, input.nowMs) : go(known);
}

function workEndedEarly(
  idle: CycleState,
  input: Extract<CycleInput, { type: 'loaded' | 'resynced' | 'recovered' }>,
): Transition {
  if (input.type === 'loaded') {
    return problemIn(idle, {
      // Updates are given up where a device fails or does not answer within tracking.ackTimeout.
      kind: idle.facts.unprovoked.length > 0 || input.report.updatesGivenUp > 0 ? 'hardware' : 'internal',
      code: 'LOAD_ENDED',
      text: `the load ended before the cut, with every rail on (${input.report.updatesIssued} updates issued, ${input.report.updatesGivenUp} given up)`,
    });
  }
  const known = input.type === 'recovered' ? noteRecovery(idle, input.report) : idle;
  return known.step === 'working' ? enter(known, 'arming', input.nowMs) : go(known);
}

/** Without power on its devices the engine may fail; with power, its failure is a defect of program or hardware. */
function workFailed(state: CycleState, input: Extract<CycleInput, { type: 'workFailed' }>): Transition {
  if (state.work !== input.work || !isCutting(state) || input.problem.code === 'ENGINE_CRASHED') {
    return problemIn(state, input.problem);
  }
  const known = withCut({ ...state, work: null }, { workError: input.problem.text });
  return state.step === 'stopping' ? afterWork(known, input.nowMs) : go(known);
}

function areaFailed(state: CycleState, input: Extract<CycleInput, { type: 'areaFailed' }>): Transition {
  if (isLateSign(state, input.sign)) return go(state);
  if (!isCutting(state) || !cutAreas(currentCut(state)).includes(input.sign.area)) {
    const { area, errno, atNs, timedOut } = input.sign;
    const failure = { area, errno, atNs, ...(timedOut === undefined ? {} : { timedOut }) };
    return go(withFacts(state, { unprovoked: [...state.facts.unprovoked, failure] }));
  }
  // Only the probe decides whether a device is unresponsive: the engine's timeout covers more than the device.
  if (input.sign.timedOut === true) return go(state);
  const known = withCut(state, { signs: [...currentCut(state).signs, input.sign] });
  const seen = state.step === 'cutting' && currentCut(known).commands.length > 0 && allSeen(currentCut(known));
  return seen ? enter(known, 'poweredOff', input.nowMs) : go(known);
}
