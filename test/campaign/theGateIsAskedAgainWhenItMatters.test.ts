/** Races: what was free at the plan is mounted at the run; what was looked at is not what is opened. Nothing is written. */
import { mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { systemClock } from '../../src/campaign/clock.js';
import { realHost } from '../../src/campaign/realHost.js';
import { lockRig } from '../../src/campaign/rigLock.js';
import { Session } from '../../src/campaign/session.js';
import { planRun } from '../../src/campaign/plan.js';
import { gateQuestions } from '../../src/campaign/places.js';
import type { Host } from '../../src/campaign/host.js';
import type { ResolvedRig } from '../../src/rig/resolved.js';
import { parseRig } from '../../src/rig/load.js';
import { command, useLoops, type TestLoop } from '../device/loop.js';
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
  return Session.open({ rig, ffi: 'koffi', lab: 'require', keepLab: true, lock: lockRig(rig.name, 'test'), runId: 1, historyDir: null }, host, systemClock);
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
  await expect(open(rig, realHost)).rejects.toMatchObject({ code: 'GATE_REFUSED', message: expect.stringMatching(/secondary.*GATE_MOUNTED/) });
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
    await expect(session.engine.open(await session.engineSpec())).rejects.toMatchObject({ code: 'DEVICE_BUSY' });
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
    await expect(session.engine.open(await session.engineSpec())).rejects.toMatchObject({ code: 'ENGINE_DEVICE', message: expect.stringMatching(/another disk has taken the name/) });
  } finally {
    expect(await session.end()).toEqual([]);
  }
  expect(readFileSync(stranger.file).every((byte) => byte === 0)).toBe(true);
});
