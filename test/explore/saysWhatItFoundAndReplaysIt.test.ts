/** A violation comes out shrunk, replays as it was found, and is printed as a table of steps. */
import { expect, it } from 'vitest';
import { explore } from '../../src/explore/explore.js';
import { mutantNamed } from '../../src/explore/mutants/index.js';
import { replay } from '../../src/explore/replay.js';
import { parseTrace } from '../../src/explore/traceFile.js';
import { traceTable } from '../../src/explore/traceTable.js';

/** Walks alone, without a clock: whose turn it is, and so what is found first, would else depend on how busy the machine is. */
const request = {
  seed: 3,
  seconds: null,
  depth: 60,
  crashes: 1,
  updatesMax: 0,
  walks: 1000,
  walkPart: 1,
  tearing: 'sector' as const,
  threads: 1,
};

it('data before its evidence: one write is enough, and the table shows where it is', async () => {
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

it('the same seed finds the same history', async () => {
  const find = async (): Promise<unknown> => (await explore({ ...request, mutant: 'overlaps-in-flight' })).finding;
  const first = await find();
  expect(first).not.toBeNull();
  expect(await find()).toEqual(first);
});

it('a trace that is none is refused by name', () => {
  expect(() => parseTrace('{', 'torn.json')).toThrow(/torn\.json: not JSON/);
  expect(() => parseTrace('{"steps":[{}],"scene":{"regions":1}}', 'x')).toThrow(/a step without `do`/);
  expect(() => mutantNamed('nobody')).toThrow(/must be one of/);
});
