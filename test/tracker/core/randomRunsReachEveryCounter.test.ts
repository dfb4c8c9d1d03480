import { expect, it } from 'vitest';
import { CoreCounters } from '../../../src/tracker/core/state.js';
import { sample } from './property.js';
import { RandomRun, RUN_KINDS, scenario } from './randomRun.js';

it('random runs reach every counter of the core', () => {
  const total: Record<string, number> = {};
  for (const weights of Object.values(RUN_KINDS)) {
    for (const s of sample(scenario(weights), 200)) {
      const run = new RandomRun(s);
      run.run(s.commands);
      run.finish();
      for (const [name, n] of Object.entries(run.sim.core.counters)) total[name] = (total[name] ?? 0) + (n as number);
    }
  }
  expect(Object.keys(new CoreCounters()).filter((name) => total[name] === 0)).toEqual([]);
});
