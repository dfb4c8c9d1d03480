/** Which cycles read every region, and that the judge and the verify pass are asked for just that. */
import { expect, it } from 'vitest';
import { drawCycle } from '../../src/campaign/cycle/cycleSettings.js';
import { CycleRunner } from '../../src/campaign/cycleRunner.js';
import type { PassRequest } from '../../src/replication/replicationEngine.js';
import { FakeBench, RAILS } from './fakeBench.js';
import { campaign, WORKLOAD } from './runFake.js';

const spec = (judge: number | null, verify: number | null, cycles = 10, scrubPercent = 2) => ({
  ...campaign(),
  cycles,
  scrubPercent,
  judge: { fullEvery: judge },
  verify: { fullEvery: verify },
});
const full = (judge: number | null, cycles: number): number[] =>
  Array.from({ length: cycles }, (_, i) => i).filter(
    (i) => drawCycle(spec(judge, 1, cycles), RAILS, 7, i).judge.extent === 'full',
  );

it('every one, every Nth and the last, or none', () => {
  expect(full(1, 4)).toEqual([0, 1, 2, 3]);
  expect(full(3, 8)).toEqual([2, 5, 7]);
  expect(full(100, 4)).toEqual([3]);
  expect(full(null, 4)).toEqual([]);
});

it('the scrub is for the judge alone', () => {
  const { judge, verify } = drawCycle(spec(null, null), RAILS, 7, 0);
  expect([judge, verify]).toEqual([
    { extent: 'touched', scrubPercent: 2 },
    { extent: 'touched', scrubPercent: 0 },
  ]);
});

it('a cycle asks the engine for its passes', async () => {
  const bench = new FakeBench();
  const asked: (PassRequest | undefined)[] = [];
  const { judge, verify } = bench.engine;
  bench.engine.judge = (pass) => (asked.push(pass), judge.call(bench.engine));
  bench.engine.verify = (pass) => (asked.push(pass), verify.call(bench.engine));
  const settings = drawCycle(spec(null, 1), RAILS, 7, 3);
  const runner = new CycleRunner(settings, WORKLOAD, bench, { onPhase: () => undefined });
  const ended = runner.run();
  await bench.clock.drive(ended);
  expect(asked).toEqual([settings.judge, settings.verify]);
});
