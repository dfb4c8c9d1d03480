/**
 * Promise: the bench writes to no disk that changed between plan, gate and open. It refuses a disk that is mounted or
 * formatted after the check, and a name that leads to another disk.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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

function rigOnLoops(name: string): { rig: ResolvedRig; disks: Record<'p' | 's' | 'j', TestLoop> } {
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

describe.skipIf(!isRoot)('a session', () => {
  it('refuses a device that is mounted between plan and run, and leaves it unchanged', async () => {
    const { rig, disks } = rigOnLoops('race-mount');
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

  it('refuses a device that is mounted after the gate: the exclusive open fails', async () => {
    const { rig, disks } = rigOnLoops('race-open');
    const session = await open(rig, realHost);
    try {
      command('mkfs.ext4', '-q', disks.p.path);
      const point = join(loops.folder, 'mounted-first');
      mkdirSync(point);
      command('mount', disks.p.path, point);
      loops.undo(() => command('umount', point));
      await expect(session.openDevices()).rejects.toMatchObject({ code: 'DEVICE_BUSY' });
    } finally {
      expect(await session.end()).toEqual([]);
    }
  });

  it('refuses a name that leads to another disk after the gate: the open descriptor shows it', async () => {
    const { rig, disks } = rigOnLoops('race-name');
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

  it('refuses and releases a device that is formatted after the gate: the gate checks open devices again', async () => {
    const { rig, disks } = rigOnLoops('race-format');
    const session = await open(rig, realHost);
    try {
      command('mkfs.ext4', '-q', '-L', 'precious', disks.j.path);
      await expect(session.openDevices()).rejects.toMatchObject({
        code: 'GATE_REFUSED',
        message: expect.stringMatching(/journal.*GATE_SIGNATURE.*precious/),
      });
      // The bench has released the device: a mount succeeds, and the file system is intact.
      const point = join(loops.folder, 'released');
      mkdirSync(point);
      command('mount', disks.j.path, point);
      command('umount', point);
      command('e2fsck', '-fn', disks.j.path);
    } finally {
      expect(await session.end()).toEqual([]);
    }
  });

  const OUTCOMES = ['gate: ours', 'gate: stranger', 'opened', 'refused'];
  /** Usually enough rounds for all outcomes. */
  const ROUNDS = 30;
  /** A busy host runs the other process rarely. Then the rounds continue for so long at most. */
  const FLIP_MS = 120_000;

  /** Starts a process that points `link` to each target in turn, as fast as it can, until the caller kills it. */
  function flip(link: string, targets: readonly string[]): ChildProcess {
    const script = `
    const { symlinkSync, renameSync } = require('node:fs');
    const [link, ...targets] = process.argv.slice(1);
    let sleepMs = 0;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    for (let i = 0; ; i++) {
      symlinkSync(targets[i % targets.length], link + '.next');
      renameSync(link + '.next', link);
      // Some changes follow each other at once; others leave time for an open in between.
      sleepMs = (sleepMs + 1) % 4;
      if (sleepMs > 0) Atomics.wait(cell, 0, 0, sleepMs);
    }`;
    const child = spawn(process.execPath, ['-e', script, link, ...targets], { stdio: 'ignore' });
    loops.undo(() => child.kill('SIGKILL'));
    return child;
  }

  it('opens the right disk or none while its name moves, and the gate never mixes two disks', async () => {
    const { rig, disks } = rigOnLoops('race-flip');
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
        // The findings and the identity belong to the same device.
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
  });
});
