/** `report` on a damaged run directory: exit 2, the file named, and no file replaced. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sampleRun } from '../report/sampleRun.js';
import { cli } from './cli.js';

const dir = mkdtempSync(join(tmpdir(), 'plugpull-report-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const { run, cycles } = sampleRun();
const lines = cycles.map((cycle) => `${JSON.stringify(cycle)}\n`);

function recorded(name: string): string {
  const at = join(dir, name);
  mkdirSync(at);
  writeFileSync(join(at, 'run.json'), JSON.stringify(run));
  writeFileSync(join(at, 'cycles.jsonl'), lines.join(''));
  return at;
}

describe('report', () => {
  it.concurrent.each<[string, (at: string) => void, RegExp]>([
    [
      'without its cycles',
      (at) => writeFileSync(join(at, 'cycles.jsonl'), ''),
      /cycles\.jsonl has 0 cycles with the verdict \w+, and run\.json counts \d/,
    ],
    [
      'without its last cycle',
      (at) => writeFileSync(join(at, 'cycles.jsonl'), lines.slice(0, -1).join('')),
      /cycles\.jsonl has \d cycles with the verdict/,
    ],
    [
      'with neither run.json nor rig.yaml',
      (at) => rmSync(join(at, 'run.json')),
      /run\.json does not exist; give the directory of a run/,
    ],
    [
      'with half a run.json',
      (at) => writeFileSync(join(at, 'run.json'), '{"schemaVersion": 1,'),
      /run\.json: not JSON/,
    ],
    [
      'with half a run.json beside its rig.yaml',
      (at) => ['run.json', 'rig.yaml'].forEach((name) => writeFileSync(join(at, name), '{"schemaVersion": 1,')),
      /run\.json: not JSON .*; remove run\.json and run plugpull report again/,
    ],
    [
      "with a directory in the report's way",
      (at) => mkdirSync(join(at, 'report.html.new')),
      /report\.html: write failed/,
    ],
  ])('%s', async (what, damage, message) => {
    const at = recorded(what.replaceAll(/\W/g, '-'));
    damage(at);
    const before = readdirSync(at);
    const { code, stdout, stderr } = await cli(['report', at]);
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(at);
    expect(stdout).toBe('');
    expect(readdirSync(at)).toEqual(before);
  });

  it('of a file, or of an empty name', async () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    for (const name of [file, '']) {
      const { code, stderr } = await cli(['report', name]);
      expect(code, stderr).toBe(2);
      expect(stderr).toContain(`"${name}" is not a directory`);
    }
  });

  it('of an undamaged run is written', async () => {
    const at = recorded('undamaged');
    expect((await cli(['report', at])).code).toBe(0);
    expect(existsSync(join(at, 'report.html'))).toBe(true);
  });
});
