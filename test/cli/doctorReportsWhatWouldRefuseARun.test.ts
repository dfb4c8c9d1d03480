/** `doctor RIG` reports why `run` would be refused, with the command that mends it, and changes nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ownStateDir } from '../campaign/labRig.js';
import { command, useLoops } from '../blockdev/loop.js';
import { cli } from './cli.js';
import { realRig } from './realRig.js';
import { tinyRigText } from './tinyRig.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const loops = useLoops();
afterAll(() => state.clean());

it.skipIf(process.getuid?.() !== 0)('reports the finding of the gate and the command that mends it', async () => {
  const [p, s, j] = [loops.loop(), loops.loop(), loops.loop()];
  const area = (loop: { path: string; file: string }): string => `{ device: ${loop.path}, backingFile: ${loop.file} }`;
  const file = join(state.dir, 'bench.yaml');
  writeFileSync(
    file,
    `schemaVersion: 1\nname: doctored\nregionSize: 64KiB\nprimary: ${area(p)}\nsecondary: ${area(s)}\njournal: ${area(j)}\n`,
  );
  const well = await cli(['doctor', file], { env });
  expect(well.stdout).toMatch(/ok +safety gate +would pass: primary, secondary, journal/);
  command('mkfs.ext4', '-q', s.path);
  const ill = await cli(['doctor', file], { env });
  expect(ill.code, ill.stdout).toBe(3);
  expect(ill.stdout).toMatch(
    /missing +gate: secondary +GATE_SIGNATURE: carries ext4[^\n]*\n +mend: if nothing on it is needed: wipefs -a/,
  );
  // Optional programs are reported and refuse nothing.
  expect(ill.stdout).toMatch(/(ok|lacking) +nvme /);
  expect(ill.stdout).toMatch(/(ok|lacking) +smartctl /);
  expect(command('blkid', '-o', 'value', '-s', 'TYPE', s.path).trim()).toBe('ext4');
});

it.skipIf(process.getuid?.() !== 0)(
  'checks virtual disks once their lab runs; reports before that the gate was not asked',
  async () => {
    const file = join(state.dir, 'virtual.yaml');
    writeFileSync(file, tinyRigText('virtual', { cycles: 1, cuts: ['{ rails: [P], during: load, after: 50ms }'] }));
    const down = await cli(['doctor', file], { env });
    expect(down.code, down.stdout).toBe(0);
    expect(down.stdout).toMatch(/ok +lab +not running/);
    expect(down.stdout).toMatch(
      /ok +safety gate +not asked about primary, secondary, journal: virtual, and its lab is not running; plugpull lab up/,
    );
    const { disks } = JSON.parse((await cli(['lab', 'up', file, '--json'], { env })).stdout) as {
      disks: Record<string, { loop: string }>;
    };
    const up = await cli(['doctor', file], { env });
    expect(up.code, up.stdout).toBe(0);
    expect(up.stdout).toMatch(/ok +safety gate +would pass: primary, secondary, journal/);
    command('mkfs.ext4', '-q', disks.s.loop);
    const ill = await cli(['doctor', file], { env });
    expect(ill.code, ill.stdout).toBe(3);
    expect(ill.stdout).toMatch(/missing +gate: secondary +GATE_SIGNATURE/);
    // A lab of another description: reported, not an internal error.
    writeFileSync(
      file,
      tinyRigText('virtual', { cycles: 1, cuts: ['{ rails: [P], during: load, after: 50ms }'] })
        .replace('"lab:p"', '"lab:q"')
        .replace('    p: ', '    q: '),
    );
    const other = await cli(['doctor', file], { env });
    expect(other.code, other.stderr).toBe(3);
    expect(other.stdout).toMatch(/missing +lab +disk "q" is not in the running lab/);
  },
);

it.skipIf(process.getuid?.() !== 0)('reports a real disk that is not enrolled, or has lost its label', async () => {
  const rig = await realRig(state.dir, 'doctor');
  const before = await rig.run(['doctor', rig.file]);
  expect(before.code).toBe(3);
  expect(before.stdout).toMatch(/missing +gate: primary +GATE_NOT_ENROLLED: [^\n]*\n +mend: plugpull enrol RIG/);
  await rig.run(['enrol', rig.file, ...Object.values(rig.disks).flatMap(({ serial }) => ['--i-mean', serial])]);
  expect((await rig.run(['doctor', rig.file])).stdout).toMatch(/ok +safety gate +would pass/);
  command('blkdiscard', rig.disks.j.node);
  expect((await rig.run(['doctor', rig.file])).stdout).toMatch(/missing +gate: journal +GATE_LABEL_MISSING/);
});
