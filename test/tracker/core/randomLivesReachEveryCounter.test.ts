import { expect, it } from 'vitest';
import { CoreCounters } from '../../../src/tracker/core/state.js';
import { LIVES } from './lives.js';
import { sample } from './property.js';
import { Life, scenario } from './randomRun.js';

it('random lives reach everything that the core counts', () => {
  const total: Record<string, number> = {};
  for (const weights of Object.values(LIVES)) {
    for (const s of sample(scenario(weights), 200)) {
      const life = new Life(s);
      life.run(s.commands);
      life.finish();
      for (const [name, n] of Object.entries(life.sim.core.counters)) total[name] = (total[name] ?? 0) + (n as number);
    }
  }
  expect(Object.keys(new CoreCounters()).filter((name) => total[name] === 0)).toEqual([]);
});
