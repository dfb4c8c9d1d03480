/**
 * `plan`, `doctor` and `run` report the same reason to refuse a run, before a lab starts, a relay switches or a run
 * directory is created; `plan` and `run` end with the same exit code and the same message.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockRig } from '../../src/campaign/session/rigLock.js';
import { labStatus } from '../../src/lab/lab.js';
import { ownStateDir } from '../campaign/labRig.js';
import { inDisguise } from '../blockdev/disguise.js';
import { command, useLoops } from '../blockdev/loop.js';
import { cli, type CliResult } from './cli.js';
import { realRig, realRigText, type RealRig } from './realRig.js';
import { tinyRigText } from './tinyRig.js';

const state = ownStateDir();
const env = { PLUGPULL_STATE_DIR: state.dir };
const loops = useLoops();
afterAll(() => state.clean());

interface Answers {
  plan: CliResult;
  doctor: CliResult;
  run: CliResult;
}

type Ask = (args: readonly string[], options?: { cwd: string }) => Promise<CliResult>;

async function answersOf(ask: Ask, file: string): Promise<Answers> {
  const cwd = mkdtempSync(join(state.dir, 'cwd-'));
  const [plan, doctor, run] = [
    await ask(['plan', file]),
    await ask(['doctor', file]),
    await ask(['run', file], { cwd }),
  ];
  // Refused before anything began: no run directory is printed or created.
  expect(run.stdout).not.toContain('runs/');
  expect(readdirSync(cwd)).toEqual([]);
  expect(plan.stdout).toMatch(/Nothing was changed\.\n$/);
  return { plan, doctor, run };
}

function expectRefused({ plan, doctor, run }: Answers, code: number, text: RegExp): void {
  expect(run.code, run.stderr).toBe(code);
  expect(run.stderr).toMatch(text);
  expect(plan.code, plan.stdout + plan.stderr).toBe(code);
  expect(plan.stderr).toBe(run.stderr);
  expect(doctor.code, doctor.stdout).toBe(3);
  expect(doctor.stdout).toMatch(text);
}

/** A rig of loop devices. Its board creates the file `switched` when it switches a relay. */
function loopRig(name: string, more = ''): { file: string; switched: string; paths: string[] } {
  const disks = [loops.loop(), loops.loop(), loops.loop()];
  const [p, s, j] = disks.map((loop) => `{ device: ${loop.path}, backingFile: ${loop.file}`);
  const file = join(state.dir, `${name}.yaml`);
  const switched = join(state.dir, `${name}-switched`);
  const touch = `[/bin/touch, ${switched}]`;
  writeFileSync(
    file,
    `schemaVersion: 1
name: ${name}
regionSize: 64KiB
primary: ${p}${more} }
secondary: ${s} }
journal: ${j} }
boards:
  b: { type: exec, channels: 1, options: { on: ${touch}, off: ${touch} } }
rails:
  P: { board: b, channels: [1], powers: [primary] }
campaign: { cycles: 1, cuts: [{ rails: [P], during: load, after: 50ms }] }
`,
  );
  return { file, switched, paths: disks.map(({ path }) => path) };
}

const ask: Ask = (args, options) => cli(args, { env, ...options });
const iMean = (rig: RealRig): string[] => Object.values(rig.disks).flatMap(({ serial }) => ['--i-mean', serial]);

describe.skipIf(process.getuid?.() !== 0).concurrent('plan, doctor and run refuse alike', () => {
  it('a mounted disk: exit 4, and no relay was switched', async () => {
    const { file, switched, paths } = loopRig('agree-mounted');
    command('mkfs.ext4', '-q', paths[1]);
    const point = join(loops.folder, 'mounted');
    mkdirSync(point);
    command('mount', paths[1], point);
    loops.undo(() => command('umount', point));
    const answers = await answersOf(ask, file);
    expectRefused(answers, 4, /secondary .*GATE_MOUNTED/);
    expect(answers.plan.stdout).toMatch(/^A run would be refused: GATE_REFUSED\.$/m);
    const json = JSON.parse((await ask(['plan', file, '--json'])).stdout) as {
      error: object;
      refusals: object[];
      devices: object[];
    };
    expect(json).toMatchObject({ error: { code: 'GATE_REFUSED', exitCode: 4 }, refusals: [{ code: 'GATE_REFUSED' }] });
    expect(json.devices).toHaveLength(3);
    expect(existsSync(switched)).toBe(false);
  });

  it('a rig without rails: exit 2', async () => {
    const { file } = loopRig('agree-bare');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/boards:[^]*/, ''));
    expectRefused(await answersOf(ask, file), 2, /has no cut/);
  });

  it('a journal without room for the log: exit 4, both sizes named', async () => {
    const { file } = loopRig('agree-room');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/(journal: .*) }/, '$1, logSize: 128MiB }'));
    expectRefused(await answersOf(ask, file), 4, /journal .* has 67108864 bytes; log \(134217728\)/);
  });

  it.each([
    [
      'a program that does not exist',
      'agree-program',
      '{ type: exec, channels: 1, options: { on: [nosuch-pdu, on], off: [/bin/true] } }',
      /b: nosuch-pdu does not exist, .* edit boards\.b\.options\.on/,
    ],
    [
      'a tty that does not exist',
      'agree-tty',
      '{ type: lcus, channels: 1, tty: /dev/serial/by-id/usb-none }',
      /usb-none does not exist; plug the board in/,
    ],
    [
      'a device that is no tty',
      'agree-no-tty',
      '{ type: lcus, channels: 1, tty: /dev/null }',
      /\/dev\/null is not a tty/,
    ],
  ])('%s: exit 3', async (_what, name, board, text) => {
    const { file } = loopRig(name);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/b: \{ type: exec.*$/m, `b: ${board}`));
    expectRefused(await answersOf(ask, file), 3, text);
  });

  it('a rig in use: exit 4, and the process that holds it', async () => {
    const { file } = loopRig('agree-busy');
    const lock = lockRig('agree-busy', 'another bench');
    try {
      expectRefused(await answersOf(ask, file), 4, /in use by process \d+ \(another bench\)/);
    } finally {
      lock.release();
    }
  });

  it('disks that are not enrolled: exit 4; after an edit of the profile: which field, and which command mends it', async () => {
    const rig = await realRig(state.dir, 'agree-real');
    expectRefused(await answersOf(rig.run, rig.file), 4, /primary.*GATE_NOT_ENROLLED/);
    expect((await rig.run(['enrol', rig.file, ...iMean(rig)])).code).toBe(0);
    writeFileSync(rig.file, realRigText('agree-real').replace('primary: { ', 'primary: { size: 1MiB, '));
    const edited = await answersOf(rig.run, rig.file);
    expectRefused(edited, 4, /primary.*GATE_LABEL_OTHER_RIG.*primary\.size was absent, is 1048576/);
    expect(edited.plan.stderr).toContain('plugpull enrol RIG --relabel');
    expect(edited.plan.stdout.match(/enrolled, but with another label: see below/g)).toHaveLength(3);
    expect(edited.plan.stdout).not.toMatch(/, enrolled$/m);
    // The command that the message names works.
    const relabelled = await rig.run(['enrol', rig.file, '--relabel', ...iMean(rig)]);
    expect(relabelled.code, relabelled.stderr).toBe(0);
    const again = await rig.run(['plan', rig.file]);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout.match(/, enrolled$/gm)).toHaveLength(3);
  });

  it('a lab that runs with another description: exit 3', async () => {
    const file = join(state.dir, 'agree-lab.yaml');
    const wishes = { cycles: 1, cuts: ['{ rails: [P], during: load, after: 50ms }'] };
    writeFileSync(file, tinyRigText('agree-lab', wishes));
    expect((await ask(['lab', 'up', file])).code).toBe(0);
    writeFileSync(file, tinyRigText('agree-lab', { ...wishes, areaSize: '8MiB' }));
    expectRefused(await answersOf(ask, file), 3, /lab agree-lab is running with another description/);
    expect(await labStatus('agree-lab')).not.toBeNull();
  });

  it('a device without serial and WWN, such as an md array: exit 4, and the message says that it is virtual', async () => {
    const [p, s, j] = [loops.loop(), loops.loop(), loops.loop()];
    const disks = [p, s, j].map(({ path }, i) => ({
      node: path,
      name: `nameless-${i}`,
      ...(i === 0 ? {} : { serial: `S${i}` }),
    }));
    const file = join(state.dir, 'nameless.yaml');
    const area = (i: number): string => `{ device: /dev/disk/by-id/nameless-${i}, serial: S${i} }`;
    writeFileSync(
      file,
      `schemaVersion: 1\nname: nameless\nregionSize: 64KiB\nprimary: ${area(0)}\nsecondary: ${area(1)}\njournal: ${area(2)}\n`,
    );
    const enrol = await cli(['enrol', file, '--i-mean', 'S0'], { env, inside: inDisguise(disks) });
    expect(enrol.code, enrol.stderr).toBe(4);
    expect(enrol.stderr).toMatch(
      /primary .*GATE_UNIDENTIFIED +loop\d+ is a virtual device, not a disk: it reports neither serial nor WWN.* name a disk, or a partition by-partuuid/,
    );
    expect(enrol.stderr).not.toMatch(/cabling/);
    // `enrol` does not refuse what it is there to change.
    expect(enrol.stderr).not.toMatch(/plugpull enrol/);
    expect(enrol.stderr).not.toMatch(/secondary|journal/);
  });
});

describe.skipIf(process.getuid?.() !== 0).concurrent('plan, doctor and run accept alike', () => {
  it('a disk without power: reported with the command that switches it on; run switches it on itself', async () => {
    const file = join(state.dir, 'agree-off.yaml');
    writeFileSync(
      file,
      tinyRigText('agree-off', {
        cycles: 1,
        cuts: ['{ rails: [P], during: load, after: 50ms }'],
        disks: { s: 'killModel: mixed, silent: retry' },
      }),
    );
    expect((await ask(['lab', 'up', file])).code).toBe(0);
    expect((await ask(['relay', 'off', file, 'P'])).code).toBe(0);
    const withoutPower = await ask(['plan', file]);
    expect(withoutPower.code, withoutPower.stderr).toBe(0);
    expect(withoutPower.stdout).toMatch(
      /^safety gate: not asked about primary: .*rail P feeds it: run plugpull relay on /m,
    );
    const doctor = await ask(['doctor', file]);
    expect(doctor.code, doctor.stdout).toBe(3);
    expect(doctor.stdout).toMatch(/missing +gate: primary .*\n +mend: plugpull relay on /);
    const run = await ask(['run', file, '--out', join(state.dir, 'agree-off-out')]);
    expect(run.code, run.stdout + run.stderr).toBe(0);
    expect(run.stdout).toMatch(new RegExp(`^record: ${join(state.dir, 'agree-off-out')}$`, 'm'));
  });

  it('a virtual rig: plan creates not even the state directory', async () => {
    const file = join(state.dir, 'agree-virtual.yaml');
    writeFileSync(
      file,
      tinyRigText('agree-virtual', { cycles: 1, cuts: ['{ rails: [P], during: load, after: 50ms }'] }),
    );
    const nowhere = join(state.dir, 'nowhere');
    const plan = await cli(['plan', file], { env: { PLUGPULL_STATE_DIR: nowhere } });
    expect(plan.code, plan.stderr).toBe(0);
    expect(plan.stdout).toMatch(
      /^safety gate: not asked about primary, secondary, journal: virtual, and its lab is not running; plugpull lab up /m,
    );
    expect(existsSync(nowhere)).toBe(false);
  });

  it('plan states how much of each disk is overwritten: `size`, or the smaller of both areas', async () => {
    const { file } = loopRig('agree-size', ', size: 16MiB');
    const plan = await ask(['plan', file]);
    expect(plan.code, plan.stderr).toBe(0);
    expect(plan.stdout).toMatch(/primary .*OVERWRITTEN in its first 16 MiB, of 64 MiB, its power cut/);
    expect(plan.stdout).toMatch(/secondary .*OVERWRITTEN in its first 16 MiB, of 64 MiB; no rail feeds it/);
    expect(plan.stdout).not.toMatch(/OVERWRITTEN completely/);
  });

  it('a missing disk that a rail feeds: the message names the command that switches the rail on', async () => {
    const { file } = loopRig('agree-missing');
    const text = readFileSync(file, 'utf8').replace(
      /primary: .*/,
      'primary: { device: /dev/disk/by-id/ata-NOT_THERE, serial: X1 }',
    );
    writeFileSync(file, text);
    const enrol = await ask(['enrol', file, '--i-mean', 'X1']);
    expect(enrol.code).toBe(4);
    expect(enrol.stderr).toMatch(/primary .*GATE_MISSING.*plugpull relay on RIG/);
    writeFileSync(file, text.replace('powers: [primary]', 'powers: [secondary]'));
    const unfed = await ask(['plan', file]);
    expect(unfed.code).toBe(4);
    expect(unfed.stderr).toMatch(/primary .*GATE_MISSING +does not exist +attach and power it/);
  });

  it('doctor checks only what the rig needs', async () => {
    const { file } = loopRig('agree-host');
    const { stdout } = await ask(['doctor', file]);
    expect(stdout).toMatch(/ok +safety gate/);
    for (const other of ['FUSE', 'ptys', 'loop devices', 'promtool', 'fio', 'losetup', 'cc '])
      expect(stdout, other).not.toContain(other);
    expect((await ask(['doctor'])).stdout).toMatch(/FUSE[^]*promtool/);
  });
});
