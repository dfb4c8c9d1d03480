/** Promise: a label says what was written, on any size and sector; half of it is enough, and less is never taken for one. */
import fc from 'fast-check';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isDeviceError } from '../../src/blockdev/errors.js';
import {
  decodeLabel,
  encodeLabel,
  labelOf,
  otherDisk,
  type DiskLabel,
  LABEL_BLOCK_BYTES,
  labelOffset,
  needsEnrolment,
  usableBytes,
} from '../../src/gate/label.js';
import { readHeld, readLabel, requireLabel, writeLabel } from '../../src/gate/labelIo.js';
import { identify, openDevice } from '../../src/blockdev/openDevice.js';
import type { DeviceIdentity, OpenDevice } from '../../src/blockdev/blockDevice.js';
import { sectorTools } from '../../src/blockdev/sectorTools.js';
import { useLoops } from '../blockdev/loop.js';

const loops = useLoops();
const { crc32c } = sectorTools();
const RIG = { uuid: '6f1d9a5e-3b8c-5c27-9d40-52e7a1b6f083', name: 'bench' };

const LABEL: DiskLabel = {
  rigUuid: RIG.uuid,
  rigName: 'bench',
  role: 'secondary',
  serial: 'Z1Z0ABCD',
  wwn: '0x5000c500a1b2c3d4',
  model: 'ST4000NM0023',
  sizeBytes: 2 ** 20,
  enrolledAt: '2026-01-31T12:00:00.123Z',
};

/** The device as it would be seen were it not a loop: with a serial of its own. */
function asDisk(device: OpenDevice): OpenDevice {
  const identity: DeviceIdentity = {
    ...device.identity,
    backingFile: null,
    serial: LABEL.serial,
    wwn: LABEL.wwn,
    model: LABEL.model,
  };
  return { identity, fd: device.fd, closed: false, close: () => device.close() };
}

describe('as bytes', () => {
  it('what goes in comes out', () => {
    const roles = fc.constantFrom<DiskLabel['role'][]>('primary', 'secondary', 'journal');
    const word = fc.option(
      fc.string({ minLength: 1, maxLength: 80, unit: fc.constantFrom('A', 'z', '0', '-', '_', ' ', '.') }),
      { nil: null },
    );
    fc.assert(
      fc.property(
        roles,
        word,
        word,
        word,
        fc.integer({ min: 2 * LABEL_BLOCK_BYTES, max: Number.MAX_SAFE_INTEGER }),
        fc.uuid(),
        (role, serial, wwn, model, sizeBytes, rigUuid) => {
          const label: DiskLabel = { ...LABEL, role, serial, wwn, model, sizeBytes, rigUuid };
          expect(decodeLabel(encodeLabel(label, crc32c), crc32c)).toEqual({
            kind: 'label',
            label,
            offsetBytes: labelOffset(sizeBytes),
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('a text is cut where its field ends, never within a character, and still known again', () => {
    const serial = 'é'.repeat(100);
    const read = decodeLabel(encodeLabel({ ...LABEL, serial, wwn: null }, crc32c), crc32c);
    if (read.kind !== 'label') throw new Error(read.kind);
    expect(read.label.serial).toBe('é'.repeat(64));
    const identity = { serial, wwn: null, sizeBytes: LABEL.sizeBytes } as DeviceIdentity;
    expect(otherDisk(read.label, read.offsetBytes, identity)).toBeNull();
    expect(otherDisk(read.label, read.offsetBytes, { ...identity, serial: 'è'.repeat(100) })).toContain('serial');
  });

  it('any bit of one copy may be lost', () => {
    const block = encodeLabel(LABEL, crc32c);
    for (let bit = 0; bit < 512 * 8; bit++) {
      for (const copy of [0, LABEL_BLOCK_BYTES - 512]) {
        const corrupt = Buffer.from(block);
        corrupt[copy + (bit >> 3)]! ^= 1 << (bit & 7);
        expect(decodeLabel(corrupt, crc32c).kind, `bit ${bit} of the copy at ${copy}`).toBe('label');
      }
    }
  });

  it('both copies damaged, another version, no label, and foreign bytes are distinguished', () => {
    const block = encodeLabel(LABEL, crc32c);
    for (let byte = 8; byte < 512; byte++) {
      const corrupt = Buffer.from(block);
      for (const copy of [0, LABEL_BLOCK_BYTES - 512]) corrupt[copy + byte]! ^= 0xff;
      expect(decodeLabel(corrupt, crc32c).kind, `byte ${byte}`).toBe('damaged');
    }
    const later = Buffer.from(block.subarray(0, 512));
    later.writeUInt32LE(7, 12);
    later.writeUInt32LE(crc32c(later.subarray(12)), 8);
    expect(decodeLabel(Buffer.concat([later, Buffer.alloc(LABEL_BLOCK_BYTES - 512)]), crc32c)).toEqual({
      kind: 'other-version',
      version: 7,
    });
    expect(decodeLabel(Buffer.alloc(LABEL_BLOCK_BYTES), crc32c)).toEqual({ kind: 'none' });
    expect(decodeLabel(Buffer.alloc(LABEL_BLOCK_BYTES, 'PLUGPUL'), crc32c)).toEqual({ kind: 'none' });
  });
});

describe('on a device', () => {
  const MIB = 2 ** 20;
  // Odd ones too: a partition, or a disk, ends where it ends.
  const cases: [sectorBytes: 512 | 4096, sizeBytes: number][] = [
    [512, MIB],
    [512, MIB + 512],
    [512, MIB + 4096 - 512],
    [512, 8192],
    [4096, MIB],
    [4096, MIB + 4096],
    [4096, 3 * 4096],
  ];
  it.each(cases)(
    'of %i-byte sectors and %i bytes: durable, alone, the same to every reader',
    async (sectorBytes, sizeBytes) => {
      const loop = loops.loop({ sectorBytes, sizeBytes });
      const before = Buffer.alloc(sizeBytes, 'foreign data here ');
      writeFileSync(loop.file, before);
      const device = asDisk(openDevice(loop.path));
      expect(device.identity.sizeBytes).toBe(sizeBytes);
      expect(readHeld(device)).toEqual({ kind: 'none' });
      expect(() => requireLabel(device)).toThrow(expect.objectContaining({ code: 'DEVICE_NOT_LABELLED' }));
      const label = labelOf(device.identity, RIG, 'journal', LABEL.enrolledAt);
      writeLabel(device, label);
      const read = { kind: 'label', label, offsetBytes: labelOffset(sizeBytes) };
      expect(readHeld(device)).toEqual(read);
      expect(await readLabel(device.identity)).toEqual(read);
      requireLabel(device);
      device.close();

      const from = usableBytes(device.identity);
      expect(from).toBe(labelOffset(sizeBytes));
      const after = readFileSync(loop.file);
      expect(after.subarray(0, from).equals(before.subarray(0, from))).toBe(true);
      expect(after.subarray(from + LABEL_BLOCK_BYTES).equals(before.subarray(from + LABEL_BLOCK_BYTES))).toBe(true);
    },
  );

  it('without room for one: no byte is usable, and none is written', () => {
    const loop = loops.loop({ sizeBytes: 4096 });
    const device = asDisk(openDevice(loop.path));
    expect(usableBytes(device.identity)).toBe(0);
    expect(() => writeLabel(device, labelOf(device.identity, RIG, 'journal', LABEL.enrolledAt))).toThrow(
      expect.objectContaining({ code: 'DEVICE_LABEL_FAILED' }),
    );
    expect(() => requireLabel(device)).toThrow(expect.objectContaining({ code: 'DEVICE_NOT_LABELLED' }));
    device.close();
    expect(readFileSync(loop.file).every((byte) => byte === 0)).toBe(true);
  });

  it('a loop device needs no label and keeps all its bytes', () => {
    const device = openDevice(loops.loop({ sizeBytes: MIB + 512 }).path);
    expect(needsEnrolment(device.identity)).toBe(false);
    expect(usableBytes(device.identity)).toBe(MIB + 512);
    requireLabel(device);
    device.close();
  });

  it('a name that has moved since it was looked at is not read', async () => {
    const [a, b] = [identify(loops.loop().path), loops.loop()];
    const moved = await readLabel({ ...a, path: b.path }).catch((error: unknown) => error);
    expect(isDeviceError(moved, 'DEVICE_IDENTIFY_FAILED')).toBe(true);
  });
});

describe('whose disk', () => {
  const identity = { serial: LABEL.serial, wwn: LABEL.wwn, sizeBytes: LABEL.sizeBytes } as DeviceIdentity;
  const at = labelOffset(LABEL.sizeBytes);
  const other = (change: Partial<DeviceIdentity>, label: Partial<DiskLabel> = {}): string | null =>
    otherDisk({ ...LABEL, ...label }, at, { ...identity, ...change });

  it('the disk it was written for, also if it reports only serial or WWN', () => {
    expect(other({})).toBeNull();
    expect(other({ wwn: null })).toBeNull();
    expect(other({ serial: null })).toBeNull();
    expect(other({}, { wwn: null })).toBeNull();
  });

  it('not another one, larger or smaller, or without a name', () => {
    expect(other({ serial: 'OTHER' })).toContain('serial Z1Z0ABCD; this one has OTHER');
    expect(other({ wwn: '0x1' })).toContain('wwn');
    expect(other({ serial: null, wwn: null })).toContain('reports none');
    expect(other({ serial: null }, { wwn: null })).toContain('serial Z1Z0ABCD; this one reports 0x5000');
    expect(other({ sizeBytes: 2 ** 21 })).toContain('1048576 bytes');
    expect(otherDisk(LABEL, at - 4096, identity)).toContain('bytes');
  });
});
