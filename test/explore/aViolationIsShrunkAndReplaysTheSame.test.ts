/** The trace of a violation is shrunk, replays to the same violation, and is printed as a table of steps. */
import { expect, it } from 'vitest';
import { explore } from '../../src/explore/explore.js';
import { mutantNamed } from '../../src/explore/mutants/index.js';
import { replay } from '../../src/explore/replay.js';
import { parseTrace, traceTable } from '../../src/explore/traceFile.js';

/** Only walks, and no bound by time: the result does not depend on the speed of the machine. */
const request = {
  seed: 3,
  seconds: null,
  states: null,
  depth: 60,
  crashes: 1,
  updatesMax: 0,
  walks: 1000,
  walkPart: 1,
  tearing: 'sector' as const,
  threads: 1,
};

it('a mutant that writes data before its evidence fails with one write, and the table shows the write', async () => {
  const { finding, violations } = await explore({ ...request, mutant: 'data-before-evidence' });
  expect(violations).toBe(1);
  expect(finding!.trace.steps).toEqual([{ do: 'write', transaction: 0, sector: 0, sectors: 1 }]);
  const { parts } = mutantNamed('data-before-evidence');
  const again = parseTrace(JSON.stringify(finding!.trace), 'again');
  expect(replay(again, parts).violation).toEqual(finding!.violation);
  const table = traceTable(again, finding!.violation, parts);
  expect(table).toContain('write t0 sector 0');
  expect(table).toContain('I1 is broken: region 0 is clean after recovery');
});

it('the same seed and bound by states give the same counts', async () => {
  const bounded = { ...request, states: 700, walkPart: 0.1, updatesMax: 2, mutant: null };
  const first = await explore(bounded);
  const second = await explore(bounded);
  expect(first.states).toBeGreaterThanOrEqual(bounded.states);
  expect(first.walks * first.searches).toBeGreaterThan(0);
  for (const count of ['states', 'crashStates', 'distinctStates', 'walkSteps', 'searches', 'core', 'effects'] as const)
    expect(second[count], count).toEqual(first[count]);
});

it('the same seed finds the same history', async () => {
  const find = async (): Promise<unknown> => (await explore({ ...request, mutant: 'overlaps-in-flight' })).finding;
  const first = await find();
  expect(first).not.toBeNull();
  expect(await find()).toEqual(first);
});

it('a file that is no trace is refused by name', () => {
  expect(() => parseTrace('{', 'torn.json')).toThrow(/torn\.json: not JSON/);
  expect(() => parseTrace('{"steps":[{}],"scene":{"regions":1}}', 'x')).toThrow(/a step without `do`/);
  expect(() => mutantNamed('nobody')).toThrow(/must be one of/);
});
