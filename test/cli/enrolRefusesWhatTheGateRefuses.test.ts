/** `enrol` refuses what the safety gate refuses, and writes no list of enrolled disks then. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { command, useLoops } from '../blockdev/loop.js';
import { cli } from './cli.js';

const loops = useLoops();
const dir = mkdtempSync(join(tmpdir(), 'plugpull-enrol-'));
const env = { PLUGPULL_STATE_DIR: dir };
afterAll(() => rmSync(dir, { recursive: true }));

function rig(primary: string): string {
  const [s, j] = [loops.loop(), loops.loop()];
  const file = join(dir, 'bench.yaml');
  const area = (loop: { path: string; file: string }): string => `{ device: ${loop.path}, backingFile: ${loop.file} }`;
  writeFileSync(
    file,
    `schemaVersion: 1\nname: enrol-test\nregionSize: 64KiB\nprimary: ${primary}\nsecondary: ${area(s)}\njournal: ${area(j)}\n`,
  );
  return file;
}

const enrolled = join(dir, 'bench.enrolled.json');

it('asks for nothing where no disk needs enrolment', async () => {
  const p = loops.loop();
  const file = rig(`{ device: ${p.path}, backingFile: ${p.file} }`);
  const result = await cli(['enrol', file], { env });
  expect(result.code, result.stderr).toBe(0);
  expect(result.stdout).toMatch(/nothing to enrol/);
  expect(existsSync(enrolled)).toBe(false);
});

it('refuses a serial that no disk has: exit 4', async () => {
  const p = loops.loop();
  const result = await cli(['enrol', rig(`{ device: ${p.path}, backingFile: ${p.file} }`), '--i-mean', 'Z1Z0ABCD'], {
    env,
  });
  expect(result.code, result.stderr).toBe(4);
  expect(result.stderr).toMatch(/no disk to enrol has the serial number "Z1Z0ABCD"/);
});

it('prints every finding of the gate: exit 4', async () => {
  const p = loops.loop();
  command('mkfs.ext4', '-q', p.path);
  const file = rig('{ device: /dev/disk/by-id/ata-NOT_THERE, serial: X1 }');
  const missing = await cli(['enrol', file, '--i-mean', 'X1'], { env });
  expect(missing.code, missing.stderr).toBe(4);
  expect(missing.stderr).toMatch(/primary.*GATE_MISSING/);
  const carries = await cli(['enrol', rig(`{ device: ${p.path}, backingFile: ${p.file} }`)], { env });
  expect(carries.code).toBe(4);
  expect(carries.stderr).toMatch(/primary.*GATE_SIGNATURE.*ext4/);
  expect(existsSync(enrolled)).toBe(false);
});
