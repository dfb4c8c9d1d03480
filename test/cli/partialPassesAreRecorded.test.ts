/**
 * Promise: a campaign whose passes read only what was touched passes, records in `cycles.jsonl` what each pass has
 * read, and says so in its lines and in the report.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { CycleRecord } from '../../src/report/runRecord.js';
import { ownStateDir } from '../campaign/labRig.js';
import { cli } from './cli.js';
import { tinyRigText, type TinyWishes } from './tinyRig.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
afterAll(() => state.clean());

const CUTS = [
  '{ rails: [P, S, J], during: load, after: [60ms, 200ms] }',
  '{ rails: [S], during: load, after: [60ms, 200ms] }',
];
const WORKLOAD = 'queueDepth: 16, writeSize: [4KiB, 16KiB], addresses: { within: 1MiB }';

async function campaign(name: string, wishes: Partial<TinyWishes>) {
  const file = join(state.dir, `${name}.yaml`);
  const out = join(state.dir, `out-${name}`);
  writeFileSync(file, tinyRigText(name, { cuts: CUTS, cycles: 4, areaSize: '16MiB', workload: WORKLOAD, ...wishes }));
  const { code, stdout, stderr } = await cli(['run', file, '--out', out], { env });
  const cycles = readFileSync(join(out, 'cycles.jsonl'), 'utf8').trim().split('\n');
  return {
    status: code,
    text: stdout + stderr,
    records: cycles.map((line) => JSON.parse(line) as CycleRecord),
    html: readFileSync(join(out, 'report.html'), 'utf8'),
  };
}

it('full passes are due by cycle, and the others name the last one', async () => {
  const run = await campaign('every-third', { passes: '  judge: { fullEvery: 3 }\n  verify: touched\n  scrub: 0' });
  expect(run.text).toMatch(/cycle 0: PASS .*judged \d+ of 1 024 regions; last full pass before the first cycle/);
  expect(run.status).toBe(0);
  expect(run.records.map((r) => [r.judge!.coverage!.extent, r.judge!.coverage!.lastFullCycle])).toEqual([
    ['touched', -1],
    ['touched', -1],
    ['full', -1],
    ['full', 2],
  ]);
  for (const { judge, verify } of run.records) {
    expect(judge!.areas.primary.sectorsRead * 512).toBe(judge!.coverage!.bytes);
    expect(verify!.coverage!.extent).toBe('touched');
    expect(verify!.bytes).toBe(verify!.coverage!.bytes);
    expect(verify!.bytes).toBeLessThan(4 * 2 ** 20);
  }
  expect(run.html).toContain('last full pass before the first cycle');
});

it('a campaign that prepares its working set alone reads nothing else', async () => {
  const passes = '  judge: touched\n  verify: touched';
  const run = await campaign('working-set', { prepare: 'touched', passes, areaSize: '64MiB' });
  expect(run.text).toMatch(/cycle 0: PASS .*no pass has read the others: they are assumed to be equal/);
  expect(run.status).toBe(0);
  const bytes = run.records.map((r) => r.judge!.coverage!.bytes);
  // A piece of 1 MiB, and a region of 16 KiB on both sides; the same in every cycle.
  expect(bytes).toEqual([1, 1, 1, 1].map(() => 2 ** 20 + 2 * 16_384));
});
