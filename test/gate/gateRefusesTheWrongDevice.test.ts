/** Promise: a device that is not the one the profile means is refused, and so is one device in two roles. */
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

it('missing, a file, a folder, a character device', async () => {
  const role = 'journal';
  expect(await codes({ role, path: '/dev/disk/by-id/nothing-here', lab: false })).toEqual(['journal GATE_MISSING']);
  for (const path of ['/etc/passwd', '/tmp', '/dev/null'])
    expect(await codes({ role, path, lab: false })).toEqual(['journal GATE_NOT_BLOCK']);
});

it('another backing file, none named, and a serial that a loop device cannot have', async () => {
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

it('the same device twice: by number, by file, by a second name of the file', async () => {
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

it('one disk over two paths is one disk; two namespaces of one controller are two', async () => {
  const loop = identify(loops.loop().path);
  const disk = { ...loop, majorMinor: '8:0', backingFile: null, serial: 'S1', model: 'M', wwn: 'eui.1' };
  expect(await whySameDevice(disk, { ...disk, majorMinor: '8:16' })).toContain('eui.1');
  expect(await whySameDevice(disk, { ...disk, majorMinor: '8:16', wwn: 'eui.2' })).toBeNull();
  expect(await whySameDevice(disk, { ...disk, majorMinor: '8:16', wwn: null })).toContain('S1');
  expect(await whySameDevice(disk, { ...disk, majorMinor: '8:16', wwn: null, serial: null })).toBeNull();
});

it('three good devices pass, with their identities', async () => {
  const three = [loops.loop(), loops.loop(), loops.loop({ sectorBytes: 4096 })];
  const roles = ['primary', 'secondary', 'journal'] as const;
  const report = await checkGate(
    three.map((loop, i) => ({ role: roles[i]!, path: loop.path, backingFile: loop.file, lab: true })),
  );
  expect(report).toMatchObject({ passed: true, findings: [] });
  expect(report.devices.map((d) => d.identity?.logicalBlockBytes)).toEqual([512, 512, 4096]);
});
