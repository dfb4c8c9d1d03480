/**
 * A real disk passes only under a stable name, with the serial or WWN of the profile, and enrolled under that identity.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { confirmationOf, enrol, enrolmentPath, isEnrolled, loadEnrolments } from '../../src/gate/enrolment.js';
import { isDeviceError } from '../../src/blockdev/errors.js';
import { checkIdentity } from '../../src/gate/identityCheck.js';
import type { GateRequest } from '../../src/gate/gateReport.js';
import type { DeviceIdentity } from '../../src/blockdev/blockDevice.js';
import { normalizeWwn } from '../../src/blockdev/sysfs.js';

const folder = mkdtempSync(join(tmpdir(), 'plugpull-enrol-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DISK: DeviceIdentity = {
  path: '/dev/disk/by-id/wwn-0x5000c500a1b2c3d4',
  kernelName: 'sdq',
  majorMinor: '65:0',
  sizeBytes: 4_000_787_030_016,
  logicalBlockBytes: 512,
  physicalBlockBytes: 4096,
  writeCache: 'write-back',
  readOnly: false,
  rotational: true,
  model: 'ST4000NM0023',
  serial: 'Z1Z0ABCD',
  wwn: '0x5000c500a1b2c3d4',
  backingFile: null,
  diskSequence: 9,
};

async function codes(request: Partial<GateRequest>, identity = DISK): Promise<string[]> {
  return (await checkIdentity({ request: { role: 'primary', path: DISK.path, lab: false, ...request }, identity })).map(
    (f) => f.code,
  );
}

it('by-id and by-path names pass; other names are refused as unstable', async () => {
  const serial = 'Z1Z0ABCD';
  expect(await codes({ serial })).toEqual([]);
  expect(await codes({ serial, path: '/dev/disk/by-path/pci-0000:00:1f.2-ata-1' })).toEqual([]);
  expect(await codes({ serial, path: '/dev/sdq' })).toEqual(['GATE_UNSTABLE_NAME']);
  expect(await codes({ serial, path: '/dev/disk/by-uuid/1234' })).toEqual(['GATE_UNSTABLE_NAME']);
});

it('the gate compares serial and WWN; the profile must give one of them', async () => {
  expect(await codes({})).toEqual(['GATE_UNIDENTIFIED']);
  expect(await codes({ serial: 'other', wwn: 'naa.5000C500A1B2C3D4' })).toEqual(['GATE_SERIAL_MISMATCH']);
  expect(await codes({ wwn: '0x1' })).toEqual(['GATE_WWN_MISMATCH']);
  expect(await codes({ serial: 'Z1Z0ABCD' }, { ...DISK, serial: null })).toEqual(['GATE_SERIAL_MISMATCH']);
});

it('a real disk that the profile calls a lab disk is refused', async () => {
  expect(await codes({ lab: true, backingFile: '/x', serial: 'Z1Z0ABCD' })).toEqual(['GATE_BACKING_FILE_MISMATCH']);
});

it('a WWN is normalized to one spelling', () => {
  for (const spelling of ['naa.5000C500A1B2C3D4', 'wwn-0x5000c500a1b2c3d4', ' 0x5000c500a1b2c3d4 '])
    expect(normalizeWwn(spelling)).toBe(DISK.wwn);
  expect(normalizeWwn(null)).toBeNull();
});

it('an enrolment is stored once, next to the profile, and matches the disk by serial, WWN and size', () => {
  const file = enrolmentPath(join(folder, 'bench.yaml'));
  expect(file).toBe(join(folder, 'bench.enrolled.json'));
  expect(loadEnrolments(file)).toEqual([]);
  enrol(file, DISK, '2026-01-01T00:00:00Z');
  enrol(file, { ...DISK, path: '/dev/disk/by-id/other', kernelName: 'sda' }, '2026-01-02T00:00:00Z');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    schemaVersion: 1,
    disks: [
      {
        serial: DISK.serial,
        wwn: DISK.wwn,
        model: DISK.model,
        sizeBytes: DISK.sizeBytes,
        enrolledAt: '2026-01-01T00:00:00Z',
      },
    ],
  });
  const known = loadEnrolments(file);
  expect(isEnrolled(known, DISK)).toBe(true);
  expect(isEnrolled(known, { ...DISK, wwn: '0x2' })).toBe(false);
  expect(isEnrolled(known, { ...DISK, wwn: null })).toBe(true);
  expect(isEnrolled(known, { ...DISK, wwn: null, serial: 'other' })).toBe(false);
  expect(isEnrolled(known, { ...DISK, sizeBytes: 1 })).toBe(false);
});

it('a disk without serial and WWN cannot be enrolled, and an invalid enrolment file is refused', () => {
  const file = join(folder, 'broken.enrolled.json');
  const nameless = { ...DISK, serial: null, wwn: null };
  expect(confirmationOf(DISK)).toBe('Z1Z0ABCD');
  expect(confirmationOf(nameless)).toBeNull();
  expect(() => enrol(file, nameless, '')).toThrow(expect.objectContaining({ code: 'DEVICE_ENROLMENT_INVALID' }));
  for (const broken of ['{', '{"schemaVersion":2,"disks":[]}', '{"schemaVersion":1,"disks":[{}]}', 'null']) {
    writeFileSync(file, broken);
    expect(() => loadEnrolments(file)).toThrow(expect.objectContaining({ code: 'DEVICE_ENROLMENT_INVALID' }));
  }
  expect(isDeviceError(new Error('x'))).toBe(false);
});
