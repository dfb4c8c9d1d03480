/**
 * `enrol` offers only disks that the gate refuses for no other reason than the missing enrolment. Only the serial of
 * the disk confirms it.
 */
import { expect, it } from 'vitest';
import { disksToEnrol, isConfirmed } from '../../src/gate/enrolDisks.js';
import type { GateRefusal, GateReport } from '../../src/gate/gateReport.js';
import type { DeviceIdentity } from '../../src/blockdev/blockDevice.js';

const identity = { path: '/dev/disk/by-id/x', serial: 'Z1Z0ABCD', wwn: '0x5000c500a1b2c3d4' } as DeviceIdentity;
const finding = (code: GateRefusal['code']): GateRefusal => ({
  code,
  role: 'primary',
  path: identity.path,
  found: '',
  nextStep: '',
});

function report(findings: GateRefusal[], disk: DeviceIdentity | null = identity): GateReport {
  const request = { role: 'primary' as const, path: identity.path, lab: false };
  return { passed: findings.length === 0, findings, devices: [{ request, identity: disk }] };
}

it('a disk is offered if its missing enrolment is the only finding', () => {
  expect(disksToEnrol(report([]))).toEqual([]);
  expect(disksToEnrol(report([finding('GATE_NOT_ENROLLED')]))).toEqual([
    { role: 'primary', identity, confirmation: 'Z1Z0ABCD', replaces: null },
  ]);
  expect(disksToEnrol(report([finding('GATE_NOT_ENROLLED'), finding('GATE_MOUNTED')]))).toEqual([]);
  expect(disksToEnrol(report([finding('GATE_NOT_ENROLLED')], null))).toEqual([]);
});

it('a disk with a missing or damaged label is offered; one with a foreign label only if the caller asks for it', () => {
  for (const code of ['GATE_LABEL_MISSING', 'GATE_LABEL_DAMAGED'] as const)
    expect(disksToEnrol(report([finding(code)])), code).toHaveLength(1);
  for (const code of [
    'GATE_LABEL_OTHER_RIG',
    'GATE_LABEL_OTHER_ROLE',
    'GATE_LABEL_OTHER_DISK',
    'GATE_LABEL_OTHER_VERSION',
  ] as const) {
    const refused = report([finding('GATE_NOT_ENROLLED'), { ...finding(code), found: 'is theirs' }]);
    expect(disksToEnrol(refused), code).toEqual([]);
    expect(disksToEnrol(refused, true), code).toEqual([
      { role: 'primary', identity, confirmation: 'Z1Z0ABCD', replaces: 'is theirs' },
    ]);
  }
  expect(disksToEnrol(report([finding('GATE_LABEL_OTHER_RIG'), finding('GATE_SIGNATURE')]), true)).toEqual([]);
});

it('the WWN confirms a disk without a serial; a disk without both is not offered', () => {
  expect(disksToEnrol(report([finding('GATE_NOT_ENROLLED')], { ...identity, serial: null }))[0].confirmation).toBe(
    identity.wwn,
  );
  expect(disksToEnrol(report([finding('GATE_NOT_ENROLLED')], { ...identity, serial: null, wwn: null }))).toEqual([]);
});

it('the typed text must equal the serial exactly, apart from blanks around it', () => {
  const [disk] = disksToEnrol(report([finding('GATE_NOT_ENROLLED')]));
  expect(isConfirmed(disk, ' Z1Z0ABCD\n')).toBe(true);
  for (const typed of ['', 'z1z0abcd', 'Z1Z0ABC', 'yes', identity.wwn!])
    expect(isConfirmed(disk, typed), typed).toBe(false);
});
