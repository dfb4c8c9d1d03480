/**
 * A record that cannot be written does not keep others from being written; run.json never counts more than
 * cycles.jsonl.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { RunDirectory } from '../../src/campaign/record/runDirectory.js';
import { RunFiles } from '../../src/cli/writeRun.js';
import { readRun } from '../../src/cli/readRun.js';
import { labRig, ownStateDir } from '../campaign/labRig.js';
import { sampleCycle } from '../report/sampleRun.js';

const state = ownStateDir();
afterAll(() => state.clean());
const rig = labRig('records', { cuts: ['{ rails: [P], during: load, after: 100ms }'] });

function begun(name: string): RunFiles {
  const files = new RunFiles(RunDirectory.create(join(state.dir, name)), rig, { runId: 1, ffi: 'koffi' });
  files.writeBeginning();
  return files;
}

const result = { cycles: [sampleCycle(0)], interrupted: null, problem: null, troubles: [] };

it('a report that cannot be written: the other records are written', () => {
  const files = begun('report');
  mkdirSync(files.dir.file('report.html.new'));
  const troubles = files.writeAll(files.summary(result), '', false);
  expect(troubles).toEqual([expect.stringContaining('report.html')]);
  for (const name of ['junit.xml', 'metrics.prom']) expect(existsSync(files.dir.file(name))).toBe(true);
  expect(readRun(files.dir.path).run).toMatchObject({ state: 'ended', counts: { PASS: 1 } });
});

it('cycles.jsonl that cannot be written: run.json stays at "running"', () => {
  const files = begun('cycles');
  const inTheWay = files.dir.file('cycles.jsonl.new');
  mkdirSync(inTheWay);
  expect(files.writeAll(files.summary(result), '', false)).toEqual([expect.stringContaining('cycles.jsonl')]);
  expect(JSON.parse(readFileSync(files.dir.file('run.json'), 'utf8'))).toMatchObject({
    state: 'running',
    verdict: 'INVALID',
  });
  expect(readRun(files.dir.path).run).toMatchObject({ verdict: 'INVALID', counts: { PASS: 0 } });
  rmSync(inTheWay, { recursive: true });
  expect(files.writeAll(files.summary(result), '', false)).toEqual([]);
  expect(readRun(files.dir.path).run).toMatchObject({ state: 'ended', counts: { PASS: 1 } });
});
