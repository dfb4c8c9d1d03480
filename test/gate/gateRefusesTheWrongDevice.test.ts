/** The gate refuses a device that is not the one in the profile, and one device in two roles. */
import { linkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkGate } from '../../src/gate/gate.js';
import type { GateRequest } from '../../src/gate/gateReport.js';
import { whySameDevice } from '../../src/gate/identityCheck.js';
import { identify } from '../../src/blockdev/openDevice.js';
import { useLoops } from '../blockdev/loop.js';

const loops = useLoops();

async function codes(...requests: GateRequest[]): Promise<string[]> {
  return (await checkGate(requests)).findings.map((f) => `${f.role} ${f.code}`);
}

it('refuses a missing device, a file, a directory and a character device', async () => {
  const role = 'journal';
  expect(await codes({ role, path: '/dev/disk/by-id/nothing-here', lab: false })).toEqual(['journal GATE_MISSING']);
  for (const path of ['/etc/passwd', '/tmp', '/dev/null'])
    expect(await codes({ role, path, lab: false })).toEqual(['journal GATE_NOT_BLOCK']);
});

it('refuses a loop device with another backing file, without one in the profile, or with a serial in the profile', async () => {
  const loop = loops.loop();
  const request = { role: 'primary' as const, path: loop.path, lab: true };
  expect(await codes({ ...request, backingFile: loop.file })).toEqual([]);
  expect(await codes({ ...request, backingFile: `${loop.file}x` })).toEqual(['primary GATE_BACKING_FILE_MISMATCH']);
  expect(await codes(request)).toEqual(['primary GATE_UNIDENTIFIED']);
  expect(await codes({ ...request, backingFile: loop.file, serial: 'S1', wwn: '0x5' })).toEqual([
    'primary GATE_SERIAL_MISMATCH',
    'primary GATE_WWN_MISMATCH',
  ]);
});

it('refuses one device in two roles, found by device number, by backing file, or by a hard link to the file', async () => {
  const a = loops.loop();
  const b = loops.loop({ over: a.file });
  const second = join(loops.folder, 'second-name');
  linkSync(a.file, second);
  const c = loops.loop({ over: second });
  const primary: GateRequest = { role: 'primary', path: a.path, backingFile: a.file, lab: true };
  expect(await codes(primary, { ...primary, role: 'secondary' })).toEqual(['secondary GATE_SAME_DEVICE']);
  expect(await codes(primary, { role: 'journal', path: b.path, backingFile: a.file, lab: true })).toEqual([
    'journal GATE_SAME_DEVICE',
  ]);
  expect(await codes(primary, { role: 'journal', path: c.path, backingFile: second, lab: true })).toEqual([
    'journal GATE_SAME_DEVICE',
  ]);
});

it('takes one disk over two paths for one disk, and two namespaces of one controller for two', async () => {
  const loop = identify(loops.loop().path);
  const disk = { ...loop, majorMinor: '8:0', backingFile: null, serial: 'S1', model: 'M', wwn: 'eui.1' };
  expect(await whySameDevice(disk, { ...disk, majorMinor: '8:16' })).toContain('eui.1');
  expect(await whySameDevice(disk, { ...disk, majorMinor: '8:16', wwn: 'eui.2' })).toBeNull();
  expect(await whySameDevice(disk, { ...disk, majorMinor: '8:16', wwn: null })).toContain('S1');
  expect(await whySameDevice(disk, { ...disk, majorMinor: '8:16', wwn: null, serial: null })).toBeNull();
});

it('passes three valid devices, with their identities', async () => {
  const three = [loops.loop(), loops.loop(), loops.loop({ sectorBytes: 4096 })];
  const roles = ['primary', 'secondary', 'journal'] as const;
  const report = await checkGate(
    three.map((loop, i) => ({ role: roles[i]!, path: loop.path, backingFile: loop.file, lab: true })),
  );
  expect(report).toMatchObject({ passed: true, findings: [] });
  expect(report.devices.map((d) => d.identity?.logicalBlockBytes)).toEqual([512, 512, 4096]);
});
