/** Promise: `bench core` reports all its figures, and keeps as many updates in flight as it reports. */
import { describe, expect, it } from 'vitest';
import type { CoreBenchmarkResult } from '../../src/bench/coreBenchmark.js';
import { CoreContender } from '../../src/bench/coreContender.js';
import { formatCore } from '../../src/bench/coreReport.js';
import { UpdateStream, type StreamShape } from '../../src/bench/contender.js';
import { senselessFigures } from '../cli/benchRun.js';
import { cli } from '../cli/cli.js';

const SMALL = ['bench', 'core', '--seconds', '1', '--rounds', '2', '--regions', '4096', '--in-flight', '512'];

describe('bench core', () => {
  let found: CoreBenchmarkResult;

  it('reports pairs per second, ratios, memory, and cost by size', async () => {
    const result = await cli([...SMALL, '--json']);
    expect(result.code, result.stderr).toBe(0);
    found = JSON.parse(result.stdout) as CoreBenchmarkResult;
    expect(senselessFigures(found)).toEqual([]);
    expect(found.orders.map((o) => `${o.addresses} ${o.acks}`)).toEqual([
      'sequential in-order',
      'random in-order',
      'random random',
    ]);
    for (const o of found.orders) {
      for (const figure of [...Object.values(o.pairsPerSecond), o.coreOverPlain, o.setsOverPlain])
        expect(figure.min).toBeGreaterThan(0);
    }
    expect(found.byRegions.map((s) => s.regionCount)).toEqual([10, 14, 18, 20, 24, 28, 30].map((e) => 2 ** e));
    expect(found.byInFlight.map((s) => s.inFlight)).toEqual([0, 4, 8, 12, 16, 20].map((e) => 2 ** e));
    // Two bits per region and their summaries. Memory does not depend on the host, so a limit is possible.
    expect(found.memory.bytesPerRegion).toBeGreaterThan(0.25);
    expect(found.memory.bytesPerRegion).toBeLessThan(0.27);
    const parts = Object.values(found.memory.bytesPerUpdateByPart);
    expect(parts.every((bytes) => bytes > 0)).toBe(true);
    expect(found.memory.bytesPerUpdateInFlight).toBeCloseTo(
      parts.reduce((a, b) => a + b),
      6,
    );
  });

  it('prints tables', () => {
    const text = formatCore(found);
    expect(text).toMatch(/random, random .*\d \(\S+ … \S+\)/);
    expect(text).toMatch(/2\^30 /);
    expect(text).toMatch(/per update in flight +\d/);
  });

  it.each<Pick<StreamShape, 'addresses' | 'acks'>>([
    { addresses: 'sequential', acks: 'in-order' },
    { addresses: 'random', acks: 'in-order' },
    { addresses: 'random', acks: 'random' },
  ])('keeps the requested number of updates in flight: $addresses, $acks', (order) => {
    const size = { regionCount: 300, inFlight: 1000 };
    const contender = new CoreContender(size, new UpdateStream({ ...order, regionCount: size.regionCount }, 7));
    const { core } = contender;
    for (let round = 0; round < 20; round++) {
      const before = core.counters.acknowledged;
      contender.run(777);
      expect(core.counters.acknowledged - before).toBe(777);
      expect(core.updatesInFlight).toBe(size.inFlight);
      expect(core.counters.obtained - core.counters.acknowledged).toBe(size.inFlight);
    }
    expect(core.counters.pressureMarks + core.counters.waitedForMark + core.counters.unexpectedCompletions).toBe(0);
    expect(core.counters.waitedForLog).toBeGreaterThan(0);
  });
});
