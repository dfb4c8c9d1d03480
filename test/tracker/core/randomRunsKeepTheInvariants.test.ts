import { it } from 'vitest';
import { holds } from './property.js';
import { RUN_KINDS, runScenario, scenario } from './randomRun.js';

it.each(Object.keys(RUN_KINDS))('random runs keep the invariants: %s', (kind) => {
  holds(scenario(RUN_KINDS[kind]), 1200, runScenario);
});
