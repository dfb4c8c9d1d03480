/**
 * Races: what was free at the plan is mounted at the run; what was looked at is not what is opened. Nothing is written.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { systemClock } from '../../src/base/systemClock.js';
import { realHost, type Host } from '../../src/campaign/session/host.js';
import { lockRig } from '../../src/campaign/session/rigLock.js';
import { Session } from '../../src/campaign/session/session.js';
import { planRun } from '../../src/campaign/plan.js';
import { gateQuestions } from '../../src/campaign/session/places.js';
import type { ResolvedRig } from '../../src/rig/resolved.js';
import { parseRig } from '../../src/rig/load.js';
import { checkGate } from '../../src/gate/gate.js';
import { command, useLoops, type TestLoop } from '../blockdev/loop.js';
import { ownStateDir } from './labRig.js';

const state = ownStateDir();
afterAll(() => state.clean());
const loops = useLoops();
const isRoot = process.getuid?.() === 0;

function bench(name: string): { rig: ResolvedRig; disks: Record<'p' | 's' | 'j', TestLoop> } {
  const disks = { p: loops.loop(), s: loops.loop(), j: loops.loop() };
  const area = (loop: TestLoop): string => `{ device: ${loop.path}, backingFile: ${loop.file} }`;
  const text = `schemaVersion: 1\nname: ${name}\nregionSize: 64KiB\nprimary: ${area(disks.p)}\nsecondary: ${area(disks.s)}\njournal: ${area(disks.j)}\n`;
  return { rig: parseRig(text, 'race.yaml'), disks };
}

function open(rig: ResolvedRig, host: Host): Promise<Session> {
  return Session.open(
    { rig, ffi: 'koffi', lab: 'require', keepLab: true, lock: lockRig(rig.name, 'test'), runId: 1, historyDir: null },
    host,
    systemClock,
  );
}

it.skipIf(!isRoot)('a device that is mounted between plan and run is refused, and stays as it was', async () => {
  const { rig, disks } = bench('race-mount');
  expect((await realHost.checkGate(gateQuestions(rig, null), rig.file)).passed).toBe(true);
  expect(planRun(rig).devices).toHaveLength(3);
  command('mkfs.ext4', '-q', disks.s.path);
  const point = join(loops.folder, 'mounted');
  mkdirSync(point);
  command('mount', disks.s.path, point);
  loops.undo(() => command('umount', point));
  await expect(open(rig, realHost)).rejects.toMatchObject({
    code: 'GATE_REFUSED',
    message: expect.stringMatching(/secondary.*GATE_MOUNTED/),
  });
  expect(command('blkid', '-o', 'value', '-s', 'TYPE', disks.s.path).trim()).toBe('ext4');
});

it.skipIf(!isRoot)('one that is mounted after the gate, before it is claimed, is refused by the claim', async () => {
  const { rig, disks } = bench('race-claim');
  const session = await open(rig, realHost);
  try {
    command('mkfs.ext4', '-q', disks.p.path);
    const point = join(loops.folder, 'claimed');
    mkdirSync(point);
    command('mount', disks.p.path, point);
    loops.undo(() => command('umount', point));
    await expect(session.openDevices()).rejects.toMatchObject({ code: 'DEVICE_BUSY' });
  } finally {
    expect(await session.end()).toEqual([]);
  }
});

it.skipIf(!isRoot)('a name that moves between identify and open is caught on the open descriptor', async () => {
  const { rig, disks } = bench('race-name');
  const stranger = loops.loop();
  const name = join(loops.folder, 'by-name');
  symlinkSync(disks.p.path, name);
  const moving: ResolvedRig = { ...rig, primary: { ...rig.primary, device: name } };
  const session = await open(moving, realHost);
  try {
    symlinkSync(stranger.path, `${name}.new`);
    renameSync(`${name}.new`, name);
    await expect(session.openDevices()).rejects.toMatchObject({
      code: 'ENGINE_DEVICE',
      message: expect.stringMatching(/another disk has taken the name/),
    });
  } finally {
    expect(await session.end()).toEqual([]);
  }
  expect(readFileSync(stranger.file).every((byte) => byte === 0)).toBe(true);
});

it.skipIf(!isRoot)(
  'one that is formatted after the gate, before it is claimed, is refused under the claim, and let go',
  async () => {
    const { rig, disks } = bench('race-format');
    const session = await open(rig, realHost);
    try {
      command('mkfs.ext4', '-q', '-L', 'precious', disks.j.path);
      await expect(session.openDevices()).rejects.toMatchObject({
        code: 'GATE_REFUSED',
        message: expect.stringMatching(/journal.*GATE_SIGNATURE.*precious/),
      });
      // Nobody holds it any more: a mount goes through, and the file system is as it was made.
      const point = join(loops.folder, 'released');
      mkdirSync(point);
      command('mount', disks.j.path, point);
      command('umount', point);
      command('e2fsck', '-fn', disks.j.path);
    } finally {
      expect(await session.end()).toEqual([]);
    }
  },
);

const OUTCOMES = ['gate: ours', 'gate: stranger', 'opened', 'refused'];
/** Enough to meet all of them … */
const ROUNDS = 30;
/** … but where the other process seldom has its turn: then for as long as this, at most. */
const FLIP_MS = 120_000;

/** Puts `link` now on the one, now on the other, as fast as it can, until it is ended. */
function flip(link: string, targets: readonly string[]): ChildProcess {
  const script = `
    const { symlinkSync, renameSync } = require('node:fs');
    const [link, ...targets] = process.argv.slice(1);
    let sleepMs = 0;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    for (let i = 0; ; i++) {
      symlinkSync(targets[i % targets.length], link + '.next');
      renameSync(link + '.next', link);
      // Now back to back, now with time for an open in between.
      sleepMs = (sleepMs + 1) % 4;
      if (sleepMs > 0) Atomics.wait(cell, 0, 0, sleepMs);
    }`;
  const child = spawn(process.execPath, ['-e', script, link, ...targets], { stdio: 'ignore' });
  loops.undo(() => child.kill('SIGKILL'));
  return child;
}

it.skipIf(!isRoot)(
  'a name that another process moves all the time: what is opened is the right disk or nothing, and the gate speaks of one',
  async () => {
    const { rig, disks } = bench('race-flip');
    const stranger = loops.loop();
    command('mkfs.ext4', '-q', stranger.path);
    const before = readFileSync(stranger.file);
    const name = join(loops.folder, 'flipping');
    symlinkSync(disks.p.path, name);
    const moving: ResolvedRig = { ...rig, primary: { ...rig.primary, device: name } };
    const session = await open(moving, realHost);
    const child = flip(name, [disks.p.path, stranger.path]);
    const seen = new Map<string, number>();
    const deadlineMs = performance.now() + FLIP_MS;
    const count = (what: string): number => seen.set(what, (seen.get(what) ?? 0) + 1).size;
    try {
      for (let i = 0; i < ROUNDS || (seen.size < OUTCOMES.length && performance.now() < deadlineMs); i++) {
        try {
          const { identities } = await session.engine.open(await session.engineSpec());
          expect(identities.primary.backingFile).toBe(disks.p.file);
          await session.engine.format('dirty');
          await session.engine.prepare();
          await session.engine.close();
          count('opened');
        } catch (error) {
          expect(error).toMatchObject({
            code: 'ENGINE_DEVICE',
            message: expect.stringMatching(/another disk has taken the name/),
          });
          count('refused');
        }
        // One device at a time: never the one's name with the other's contents.
        const [question] = gateQuestions(moving, null);
        const { findings, devices } = await checkGate([question]);
        const codes = findings
          .map(({ code }) => code)
          .sort()
          .join();
        const isStranger = devices[0].identity?.backingFile === stranger.file;
        expect(codes, codes).toBe(isStranger ? 'GATE_BACKING_FILE_MISMATCH,GATE_SIGNATURE' : '');
        count(isStranger ? 'gate: stranger' : 'gate: ours');
      }
    } finally {
      child.kill('SIGKILL');
      expect(await session.end()).toEqual([]);
    }
    expect([...seen.keys()].sort(), JSON.stringify([...seen])).toEqual(OUTCOMES);
    expect(readFileSync(stranger.file).equals(before)).toBe(true);
  },
);
