/**
 * The gate requires a label of this rig, this role and this disk. Each kind of wrong label has a code and a next step
 * of its own.
 */
import { expect, it } from 'vitest';
import { checkLabel } from '../../src/gate/enrolmentCheck.js';
import type { GateRefusal, GateRequest } from '../../src/gate/gateReport.js';
import { type DiskLabel, type LabelRead, labelOffset } from '../../src/gate/label.js';
import type { DeviceIdentity } from '../../src/blockdev/blockDevice.js';

const identity = {
  path: '/dev/disk/by-id/x',
  serial: 'Z1Z0ABCD',
  wwn: null,
  model: 'M',
  sizeBytes: 2 ** 20,
  backingFile: null,
} as DeviceIdentity;
const rig = { uuid: '00000000-0000-5000-8000-000000000001', name: 'mine' };
const request: GateRequest = { role: 'primary', path: identity.path, serial: 'Z1Z0ABCD', lab: false, rig };
const label: DiskLabel = {
  rigUuid: rig.uuid,
  rigName: 'mine',
  role: 'primary',
  serial: 'Z1Z0ABCD',
  wwn: null,
  model: 'M',
  sizeBytes: 2 ** 20,
  enrolledAt: '2026-01-31T12:00:00.000Z',
};

function reads(change: Partial<DiskLabel>): LabelRead {
  return { kind: 'label', label: { ...label, ...change }, offsetBytes: labelOffset(2 ** 20) };
}

function findingFor(read: LabelRead, asked: Partial<GateRequest> = {}): GateRefusal {
  const found = checkLabel({ ...request, ...asked }, identity, read);
  if (found === null) throw new Error('the label check reports nothing');
  return found;
}

it('a label of this rig, role and disk passes', () => {
  expect(checkLabel(request, identity, reads({}))).toBeNull();
});

it('a missing or damaged label is refused; the next step is to enrol again', () => {
  expect(findingFor({ kind: 'none' })).toMatchObject({
    code: 'GATE_LABEL_MISSING',
    role: 'primary',
    nextStep: expect.stringMatching(/^plugpull enrol RIG, /),
  });
  expect(findingFor({ kind: 'damaged' })).toMatchObject({
    code: 'GATE_LABEL_DAMAGED',
    nextStep: expect.stringMatching(/^plugpull enrol RIG, /),
  });
});

it('a label of another rig is refused with the name of that rig; the next step is enrol --relabel', () => {
  const found = findingFor(
    reads({ rigUuid: '00000000-0000-5000-8000-000000000002', rigName: 'theirs', role: 'journal' }),
  );
  expect(found.code).toBe('GATE_LABEL_OTHER_RIG');
  expect(found.found).toBe(
    'belongs to rig "theirs" (00000000-0000-5000-8000-000000000002), as journal, since 2026-01-31',
  );
  expect(found.nextStep).toBe('plugpull enrol RIG --relabel, if that rig does not use it any more');
});

it('a label of this rig from an earlier version of its profile is refused, and the message says so', () => {
  expect(findingFor(reads({ rigUuid: '00000000-0000-5000-8000-000000000002' })).found).toMatch(
    /^belongs to rig "mine" as another profile describes it/,
  );
});

it('a label of another role, another disk or another version is refused', () => {
  expect(findingFor(reads({ role: 'secondary' }))).toMatchObject({
    code: 'GATE_LABEL_OTHER_ROLE',
    found: "is this rig's secondary by its label, since 2026-01-31",
  });
  expect(findingFor(reads({ serial: 'OTHER' }))).toMatchObject({
    code: 'GATE_LABEL_OTHER_DISK',
    found: expect.stringContaining('serial OTHER; this one has Z1Z0ABCD'),
  });
  expect(findingFor(reads({ sizeBytes: 2 ** 21 })).code).toBe('GATE_LABEL_OTHER_DISK');
  expect(findingFor({ kind: 'other-version', version: 2 })).toMatchObject({
    code: 'GATE_LABEL_OTHER_VERSION',
    found: expect.stringContaining('version 2'),
  });
});

it("a copy of another rig's disk is refused as another disk, not as another rig", () => {
  expect(findingFor(reads({ serial: 'OTHER', rigUuid: '00000000-0000-5000-8000-000000000002' })).code).toBe(
    'GATE_LABEL_OTHER_DISK',
  );
});

it("with rig: 'any' a label of any rig passes, but no copy; a request without a rig is refused", () => {
  expect(
    checkLabel(
      { ...request, rig: 'any' },
      identity,
      reads({ rigName: 'theirs', rigUuid: '00000000-0000-5000-8000-000000000002', role: 'journal' }),
    ),
  ).toBeNull();
  expect(findingFor(reads({ serial: 'OTHER' }), { rig: 'any' }).code).toBe('GATE_LABEL_OTHER_DISK');
  expect(findingFor(reads({}), { rig: undefined }).code).toBe('GATE_LABEL_OTHER_RIG');
});
