/**
 * I3 and I5 seen from the end: whatever has happened, when the devices answer and time passes everything comes to rest:
 * all updates are answered, S is resynchronized, D is empty, P = S.
 */
import type { Judge, Violation } from './invariants.js';
import { regionsText, versionsText } from './invariants.js';
import type { Step } from './steps.js';
import type { World } from './world.js';

/** Far more than any history of a few updates needs. */
const STEPS_MAX = 600;

/** Completes what the devices owe until recovery is over and the journal is at rest. */
export function open(world: World): void {
  for (let n = 0; n < STEPS_MAX; n++) {
    const step = world.deviceSteps()[0];
    if (step === undefined) return;
    world.take(step);
  }
}

/**
 * @param onStep told of each step before it is taken
 * @throws ProtocolBreach
 */
export function settle(world: World, judge: Judge, onStep: (step: Step) => void = () => {}): Violation | null {
  for (const transaction of world.openTransactions) {
    onStep({ do: 'close', transaction });
    world.take({ do: 'close', transaction });
  }
  let idle = 0;
  for (let n = 0; n < STEPS_MAX; n++) {
    const step = nextStep(world, idle);
    if (step === null) return atRest(world);
    onStep(step);
    idle = world.take(step) && step.do !== 'tick' ? 0 : idle + 1;
    const violation = judge.judge(world);
    if (violation !== null) return violation;
  }
  return { rule: 'I5', detail: `nothing comes to rest: ${restText(world)}`, journal: null };
}

function nextStep(world: World, idle: number): Step | null {
  const { core } = world;
  const { secondaryAway, primaryLost, journalLost } = core.state;
  const device = world.deviceSteps()[0];
  if (device !== undefined) return device;
  const goesOn = !primaryLost && !journalLost;
  if (goesOn && (secondaryAway || world.areas[1].dead) && idle === 0) return { do: 'back' };
  if (world.unanswered === 0 && core.quiescent && !needsResync(world)) return null;
  if (goesOn && !secondaryAway && core.awaitingRegions > 0 && !core.resync.active) return { do: 'resync' };
  return { do: 'tick', ms: 1 };
}

function needsResync(world: World): boolean {
  const { core } = world;
  return !core.state.primaryLost && !core.state.journalLost && core.awaitingRegions > 0;
}

function restText(world: World): string {
  const { core } = world;
  return `${world.unanswered} unanswered, ${core.updatesInFlight} slots in use, ${core.awaitingRegions} regions await resync, ${core.log.freeBlocks} blocks of the log free`;
}

function atRest(world: World): Violation | null {
  const { core, areas, journal, stage } = world;
  if (core.updatesInFlight > 0)
    return { rule: 'I3', detail: `at rest with ${core.updatesInFlight} slots in use`, journal: null };
  if (core.state.primaryLost || core.state.journalLost) return null;
  if (core.dirtyRegions > 0)
    return { rule: 'I3', detail: `all is acknowledged and ${core.dirtyRegions} indicators are set`, journal: null };
  const { dirtyMask } = stage.recoveries.of(journal.durable);
  if (dirtyMask !== 0)
    return { rule: 'I3', detail: `all is acknowledged and D = ${regionsText(dirtyMask)}`, journal: null };
  for (let k = 0; k < areas[0].sectorCount; k++) {
    const p = areas[0].possible(k);
    const s = areas[1].possible(k);
    if (p !== s || (p & (p - 1)) !== 0) {
      return {
        rule: 'I3',
        detail: `all is resynchronized; sector ${k} is ${versionsText(p)} on P, ${versionsText(s)} on S`,
        journal: null,
      };
    }
  }
  return null;
}
