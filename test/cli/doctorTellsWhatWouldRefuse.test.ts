/** `doctor RIG` says beforehand what `run` would be refused for, with the command that mends it; and changes nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ownStateDir } from '../campaign/labRig.js';
import { command, useLoops } from '../device/loop.js';
import { cli } from './cli.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const loops = useLoops();
afterAll(() => state.clean());

it.skipIf(process.getuid?.() !== 0)('each cause, and its remedy', async () => {
  const [p, s, j] = [loops.loop(), loops.loop(), loops.loop()];
  const area = (loop: { path: string; file: string }): string => `{ device: ${loop.path}, backingFile: ${loop.file} }`;
  const file = join(state.dir, 'bench.yaml');
  writeFileSync(file, `schemaVersion: 1\nname: doctored\nregionSize: 64KiB\nprimary: ${area(p)}\nsecondary: ${area(s)}\njournal: ${area(j)}\n`);
  const well = await cli(['doctor', file], { env });
  expect(well.stdout).toMatch(/ok +safety gate +would pass/);
  command('mkfs.ext4', '-q', s.path);
  const ill = await cli(['doctor', file], { env });
  expect(ill.code, ill.stdout).toBe(3);
  expect(ill.stdout).toMatch(/missing +gate: secondary +GATE_SIGNATURE: carries ext4[^\n]*\n +mend: wipefs -a/);
  // Tools that only add evidence are named, and stop nothing.
  expect(ill.stdout).toMatch(/(ok|lacking) +nvme /);
  expect(ill.stdout).toMatch(/(ok|lacking) +smartctl /);
  expect(command('blkid', '-o', 'value', '-s', 'TYPE', s.path).trim()).toBe('ext4');
});
