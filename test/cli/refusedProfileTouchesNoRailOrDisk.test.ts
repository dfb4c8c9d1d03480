/** Damaged profiles given to `plan` and `run`: exit 2 with file, line and rule; no device is written to. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { planRun } from '../../src/campaign/plan.js';
import { parseRig } from '../../src/rig/load.js';
import { RigError } from '../../src/rig/errors.js';
import { mixSeed } from '../../src/campaign/cycle/cycleSettings.js';
import { ownStateDir } from '../campaign/labRig.js';
import { command, useLoops } from '../blockdev/loop.js';
import { cli } from './cli.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const loops = useLoops();
afterAll(() => state.clean());

const SEED = 2026;
const CASES = 150;
/** A command takes about a second: only so many of the refused profiles are given to one. */
const SAMPLE = 6;
const SNIPPETS = [
  '',
  ' ',
  '-',
  '0',
  '99999999999',
  '1e309',
  '"',
  '{',
  ']',
  '&a ',
  '*a',
  '!!set ',
  'lab:p',
  '\t',
  '#',
  'NC',
  'null',
  '\u0007',
  '-1s',
  '4KiB',
];

it.skipIf(process.getuid?.() !== 0)(`${CASES} damaged profiles, seed ${SEED}, are refused or valid`, async () => {
  const disks = [
    loops.loop({ sizeBytes: 2 ** 24 }),
    loops.loop({ sizeBytes: 2 ** 24 }),
    loops.loop({ sizeBytes: 2 ** 24 }),
  ];
  // File systems: if a damaged profile were accepted, the safety gate would still refuse.
  for (const disk of disks) command('mkfs.ext4', '-q', disk.path);
  const digest = (): string[] =>
    disks.map((disk) => createHash('sha256').update(readFileSync(disk.file)).digest('hex'));
  const before = digest();
  const area = (i: number): string => `{ device: ${disks[i].path}, backingFile: ${disks[i].file} }`;
  const good = `schemaVersion: 1
name: damaged
regionSize: 64KiB
primary: ${area(0)}
secondary: ${area(1)}
journal: ${area(2)}
boards:
  b: { type: exec, channels: 3, options: { on: [/bin/true], off: [/bin/true] } }
rails:
  P: { board: b, channels: [1], powers: [primary], settle: 20ms }
  S: { board: b, channels: [2], powers: [secondary] }
campaign:
  cycles: 1
  cuts: [{ rails: [P, S], during: load, after: [100ms, 200ms] }]
  deadlines: { return: 1s }
`;
  const refused: string[] = [];
  for (let i = 0; i < CASES; i++) {
    const draw = (use: number, below: number): number => mixSeed(mixSeed(SEED, i), use) % below;
    const at = draw(0, good.length);
    const text = good.slice(0, at) + SNIPPETS[draw(1, SNIPPETS.length)] + good.slice(at + draw(2, 9));
    try {
      planRun(parseRig(text, 'damaged.yaml'));
    } catch (error) {
      if (!(error instanceof RigError)) throw new Error(`case ${i} of seed ${SEED}`, { cause: error });
      for (const p of error.problems)
        expect([p.file, p.line > 0, p.rule !== ''], `case ${i}: ${error.message}`).toEqual([
          'damaged.yaml',
          true,
          true,
        ]);
      refused.push(text);
    }
  }
  expect(refused.length).toBeGreaterThan(CASES / 3);
  const file = join(state.dir, 'damaged.yaml');
  for (const text of refused.filter((_, i) => i % Math.floor(refused.length / SAMPLE) === 0).slice(0, SAMPLE)) {
    writeFileSync(file, text);
    const result = await cli([refused.indexOf(text) % 2 === 0 ? 'plan' : 'run', file], { env });
    expect(result.code, text + result.stderr).toBe(2);
    expect(result.stderr).toMatch(/damaged\.yaml:\d+:\d+/);
  }
  writeFileSync(file, good);
  const stopped = await cli(['run', file, '--out', join(state.dir, 'never')], { env });
  expect(stopped.code, stopped.stderr).toBe(4);
  expect(stopped.stderr).toMatch(/GATE_SIGNATURE/);
  expect(digest()).toEqual(before);
});
