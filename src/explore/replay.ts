/** Runs a trace again, on any engine: what does not fit is passed over, so that shortened traces can be tried. */
import { judgeDamage } from './damage.js';
import { EffectCounters } from './effectCounters.js';
import { Judge } from './invariants.js';
import type { Tearing } from './crashImages.js';
import type { Violation } from './invariants.js';
import { violationOf } from './search.js';
import { open, settle } from './settle.js';
import type { Step, Trace } from './steps.js';
import type { Stage, WorldParts } from './world.js';
import { createStage, World } from './world.js';

export interface Replay {
  /** The steps that were taken up to the violation, those on the way to rest included. */
  steps: Step[];
  unpumped: number[];
  violation: Violation | null;
}

/** A stage costs more than a short trace: whoever replays many hands one in. */
export function replay(
  trace: Trace,
  parts: WorldParts,
  tearing: Tearing = 'sector',
  stage: Stage = stageFor(trace, parts),
): Replay {
  const judge = new Judge(tearing);
  const result: Replay = { steps: [], unpumped: [], violation: null };
  const without = new Set(trace.unpumped ?? []);
  let world: World;
  try {
    world = new World(stage);
    open(world);
    for (let i = 0; i < trace.steps.length && result.violation === null; i++) {
      const before = result.steps.length;
      const step = trace.steps[i];
      result.steps.push(step);
      if (step.do === 'damage') {
        result.violation = judgeDamage(world, step);
        if (result.violation === null) result.steps.pop();
        continue;
      }
      if (!world.take(step, !without.has(i))) {
        result.steps.pop();
        continue;
      }
      if (without.has(i)) result.unpumped.push(before);
      result.violation = judge.judge(world);
    }
    if (result.violation === null) {
      world.pump();
      const given = result.steps.length;
      result.violation = settle(world, judge, (step) => result.steps.push(step));
      // What is only wrong at rest needs no steps: rest always comes the same way.
      const atRest = result.violation === null || result.violation.rule === 'I3' || result.violation.rule === 'I5';
      if (atRest) result.steps.length = given;
    }
  } catch (error) {
    result.violation = violationOf(error);
  }
  return result;
}

export function stageFor(trace: Trace, parts: WorldParts): Stage {
  return createStage(trace.scene, parts, new EffectCounters());
}
