/**
 * Entering a step of the cycle (pure): its effects and its deadline. One table, so that the order of effects around a
 * cut can be read in one place.
 */
import { AREA_NAMES } from '../../base/areas.js';
import { NS_PER_MS } from '../../base/clock.js';
import type {
  CycleEffect,
  CycleInput,
  CycleOutcome,
  CyclePhase,
  CycleProblem,
  CycleState,
  CycleStep,
  RailCut,
  Transition,
  WorkName,
} from './cycleTypes.js';
import { allLostNs, cutAreas } from './proof.js';

export type Step = (state: CycleState, input: CycleInput) => Transition;

interface Entry {
  effects: CycleEffect[];
  /** The timer of the step, in ms from now; null: no timer. */
  afterMs: number | null;
  work?: WorkName;
}

/**
 * When a board fails, plugpull first retries, then tries to switch every rail on, and only then reports the reason.
 * That reason helps more than a missed deadline. The board's own timeouts end the wait; this constant bounds it.
 */
const BOARD_ANSWER_MS = 60_000;

/** An engine begins a load within milliseconds. If it has not by then, the power is cut and the record says so. */
const LOAD_BEGINS_MS = 30_000;

const WORK_OF = { load: 'load', resync: 'resync', recovery: 'recover' } as const;

/** Stays in its step. */
export function go(state: CycleState): Transition {
  return { state, effects: [] };
}

export function enter(state: CycleState, step: CycleStep, nowMs: number): Transition {
  const entry = entryOf(state, step, nowMs);
  const timerMs = entry.afterMs === null ? null : nowMs + entry.afterMs;
  const working =
    entry.work === undefined ? { work: state.work } : { work: entry.work, workSinceMs: nowMs, reached: null };
  const holding = state.holding || entry.effects.some((effect) => effect.type === 'abandon');
  return { state: { ...state, step, timerMs, holding, ...working }, effects: entry.effects };
}

export function end(state: CycleState, outcome: CycleOutcome): Transition {
  return { state: { ...state, step: 'ended', timerMs: null, outcome }, effects: [{ type: 'ended', outcome }] };
}

export function problemIn(state: CycleState, problem: CycleProblem): Transition {
  return end(state, { kind: 'problem', problem, phase: phaseOf(state) });
}

/** The name of the phase for people and records. */
export function phaseOf(state: CycleState): CyclePhase {
  switch (state.step) {
    case 'idle':
    case 'checkingReadable':
      return 'preflight';
    case 'working':
      return WORK_OF[state.settings.rounds[state.roundIndex].during];
    case 'arming':
      return 'arm';
    case 'cutting':
    case 'awaitingBoard':
      return 'cut';
    case 'poweredOff':
    case 'probingOff':
    case 'stopping':
    case 'abandoning':
      return 'dark';
    case 'restoring':
    case 'returning':
    case 'releasing':
      return 'restore';
    case 'identifying':
    case 'opening':
      return 'identify';
    case 'recovering':
      return 'recover';
    case 'judging':
      return 'judge';
    case 'resyncing':
      return 'resync';
    case 'verifying':
      return 'verify';
    case 'ended':
      return 'end';
  }
}

function entryOf(state: CycleState, step: CycleStep, nowMs: number): Entry {
  const { deadlinesMs: limits, unresponsiveAfterMs } = state.settings;
  const round = state.settings.rounds[state.roundIndex];
  const rails = railsInOrder(state).map((r) => r.rail);
  const areas = cutAreas({ round });
  switch (step) {
    case 'checkingReadable':
      return { effects: [{ type: 'probe', areas: AREA_NAMES }], afterMs: limits.return };
    case 'working':
      return {
        effects: [workEffect(state)],
        afterMs: cutAfterMs(state) + (round.during === 'load' ? LOAD_BEGINS_MS : 0),
        work: WORK_OF[round.during],
      };
    case 'arming':
      return { effects: [{ type: 'probe', areas }], afterMs: limits.cut };
    case 'cutting':
      return {
        effects: [
          { type: 'watch', areas, unresponsiveAfterMs },
          ...sendEffect(state, null),
          { type: 'switchOff', rails },
        ],
        afterMs: limits.cut,
      };
    case 'awaitingBoard':
      return { effects: [], afterMs: BOARD_ANSWER_MS };
    case 'poweredOff':
      // R4: the engine learns that the epoch has ended before power can come back.
      return { effects: [{ type: 'powerLost', areas }], afterMs: restOfPowerOffMs(state, nowMs) };
    case 'probingOff':
      return { effects: [{ type: 'probe', areas, unresponsiveAfterMs }], afterMs: unresponsiveAfterMs + limits.cut };
    case 'stopping':
      return { effects: [{ type: 'stop' }], afterMs: limits.cut };
    case 'abandoning':
      return { effects: [{ type: 'abandon' }], afterMs: limits.cut };
    case 'restoring':
      return {
        // An unresponsive device completes the engine's I/O only with its power back: the engine closes it then.
        effects: [...(isUnresponsive(state) ? [{ type: 'abandon' } as const] : []), { type: 'switchOn', rails }],
        afterMs: Math.max(limits.return, BOARD_ANSWER_MS),
      };
    case 'returning':
      return { effects: [{ type: 'awaitReturn', areas: AREA_NAMES }], afterMs: limits.return };
    case 'releasing':
      return { effects: [], afterMs: limits.return };
    case 'identifying':
      return { effects: [{ type: 'identify' }], afterMs: limits.return };
    case 'opening':
      return { effects: [{ type: 'open' }], afterMs: limits.return };
    case 'recovering':
      return { effects: [{ type: 'recover' }], afterMs: limits.recover };
    case 'judging':
      return { effects: [{ type: 'judge', pass: state.settings.judge }], afterMs: limits.judge };
    case 'resyncing':
      return { effects: [{ type: 'resync' }], afterMs: limits.resync };
    case 'verifying':
      // `verify` reads what the judge reads, so it has the same limit.
      return { effects: [{ type: 'verify', pass: state.settings.verify }], afterMs: limits.judge };
    case 'idle':
    case 'ended':
      return { effects: [], afterMs: null };
  }
}

/**
 * The power-off time counts from the loss of power: the boards may take longer to confirm the cut. Where an area has
 * shown no loss it counts from now.
 */
function restOfPowerOffMs({ settings, facts }: CycleState, nowMs: number): number {
  const lostNs = facts.cuts.length === 0 ? null : allLostNs(facts.cuts.at(-1)!);
  const offMs = lostNs === null ? 0 : Math.max(0, nowMs - lostNs / NS_PER_MS);
  return Math.max(0, settings.powerOffMs - offMs);
}

/** Time until the cut. For a cut point: the time within which the engine must reach it. */
export function cutAfterMs({ settings, roundIndex }: CycleState): number {
  const round = settings.rounds[roundIndex];
  return round.at === undefined
    ? Math.max(0, round.afterMs - round.leadMs)
    : round.afterMs + settings.deadlinesMs.point;
}

/**
 * The first update of the load is in flight: the time of the cut counts from here, since before there is nothing to
 * cut.
 */
export function loadBegan(state: CycleState, nowMs: number): Transition {
  if (state.settings.rounds[state.roundIndex].during !== 'load') return go(state);
  return go({ ...state, workSinceMs: nowMs, timerMs: nowMs + cutAfterMs(state) });
}

/** An area of the cut neither answered nor failed at the end of the power-off time. */
export function isUnresponsive(state: CycleState): boolean {
  return (state.facts.cuts.at(-1)?.unresponsiveWhileOff.length ?? 0) > 0;
}

function workEffect(state: CycleState): CycleEffect {
  const round = state.settings.rounds[state.roundIndex];
  const point =
    round.at === undefined ? {} : { point: { at: round.at, afterMs: round.afterMs, areas: cutAreas({ round }) } };
  if (round.during === 'load') return { type: 'load', seed: round.workloadSeed, ...point };
  return { type: WORK_OF[round.during], ...point };
}

/**
 * Submits the I/O held back at the point so that it is in flight as the power goes: by the calibrated lead, else at
 * once.
 */
export function sendEffect(state: CycleState, commandNs: number | null): CycleEffect[] {
  if (state.reached === null || state.reached.held) return [];
  return [{ type: 'sendPoint', commandNs, leadMs: railsInOrder(state)[0].leadMs ?? 0 }];
}

/** A board may switch its rails one by one: the rail that feeds the target of the point's own I/O goes first. */
export function railsInOrder({ settings, roundIndex, reached }: CycleState): readonly RailCut[] {
  const { rails } = settings.rounds[roundIndex];
  if (reached === null || reached.held) return rails;
  const feeds = (r: RailCut): boolean => r.areas.includes(reached.subject.area);
  return [...rails.filter(feeds), ...rails.filter((r) => !feeds(r))];
}

/** Steps in which `tick` means that the expected input has not come in time. */
export const DEADLINE_STEPS: readonly CycleState['step'][] = [
  'checkingReadable',
  'arming',
  'awaitingBoard',
  'probingOff',
  'stopping',
  'abandoning',
  'restoring',
  'returning',
  'releasing',
  'identifying',
  'opening',
  'recovering',
  'judging',
  'resyncing',
  'verifying',
];

/** A step has not ended by its deadline. */
export function missedDeadline(state: CycleState): CycleProblem {
  const { cut, return: back } = state.settings.deadlinesMs;
  switch (state.step) {
    case 'returning':
      return {
        kind: 'hardware',
        code: 'DEVICE_NOT_BACK',
        text: `the devices did not come back within ${back} ms; see campaign.deadlines.return`,
      };
    case 'abandoning':
      return {
        kind: 'hardware',
        code: 'DEADLINE_MISSED',
        text: `I/O in flight neither succeeded nor failed within ${cut} ms; see campaign.deadlines.cut`,
      };
    case 'releasing':
      return {
        kind: 'hardware',
        code: 'DEADLINE_MISSED',
        text: `the devices are back, but I/O from before the cut did not end within ${back} ms; see campaign.deadlines.return`,
      };
    case 'idle':
    case 'checkingReadable':
    case 'working':
    case 'arming':
    case 'cutting':
    case 'awaitingBoard':
    case 'poweredOff':
    case 'probingOff':
    case 'stopping':
    case 'restoring':
    case 'identifying':
    case 'opening':
    case 'recovering':
    case 'judging':
    case 'resyncing':
    case 'verifying':
    case 'ended':
      return {
        kind: state.step === 'stopping' ? 'internal' : 'hardware',
        code: 'DEADLINE_MISSED',
        text: `${phaseOf(state)} (${state.step}) missed its deadline; see campaign.deadlines in the profile`,
      };
  }
}
