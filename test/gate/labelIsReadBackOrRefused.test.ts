/**
 * A label reads back as it was written, on devices of any size and sector size. One intact copy of the two is enough;
 * without an intact copy the label is damaged.
 */
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

/** A loop device in place of a real disk: without a backing file, with serial, WWN and model. */
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

describe('a label as bytes', () => {
  it('decodes to what was encoded', () => {
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

  it('has text cut to its field, not within a character, and still matches the disk', () => {
    const serial = 'é'.repeat(100);
    const read = decodeLabel(encodeLabel({ ...LABEL, serial, wwn: null }, crc32c), crc32c);
    if (read.kind !== 'label') throw new Error(read.kind);
    expect(read.label.serial).toBe('é'.repeat(64));
    const identity = { serial, wwn: null, sizeBytes: LABEL.sizeBytes } as DeviceIdentity;
    expect(otherDisk(read.label, read.offsetBytes, identity)).toBeNull();
    expect(otherDisk(read.label, read.offsetBytes, { ...identity, serial: 'è'.repeat(100) })).toContain('serial');
  });

  it('is valid with any one bit of one copy changed', () => {
    const block = encodeLabel(LABEL, crc32c);
    for (let bit = 0; bit < 512 * 8; bit++) {
      for (const copy of [0, LABEL_BLOCK_BYTES - 512]) {
        const corrupt = Buffer.from(block);
        corrupt[copy + (bit >> 3)]! ^= 1 << (bit & 7);
        expect(decodeLabel(corrupt, crc32c).kind, `bit ${bit} of the copy at ${copy}`).toBe('label');
      }
    }
  });

  it('with both copies damaged differs from another version, from no label, and from foreign bytes', () => {
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

describe('a label on a device', () => {
  const MIB = 2 ** 20;
  // Some sizes are no multiple of the label's block: a partition or a disk may end at any sector.
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
    'with %i-byte sectors and %i bytes reads the same for every reader and changes no other byte',
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

  it('that is too small for a label is refused: no byte is usable, and none is written', () => {
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

  it('is not needed on a loop device, and all bytes of it are usable', () => {
    const device = openDevice(loops.loop({ sizeBytes: MIB + 512 }).path);
    expect(needsEnrolment(device.identity)).toBe(false);
    expect(usableBytes(device.identity)).toBe(MIB + 512);
    requireLabel(device);
    device.close();
  });

  it('is not read if the path leads to another device than the identified one', async () => {
    const [a, b] = [identify(loops.loop().path), loops.loop()];
    const moved = await readLabel({ ...a, path: b.path }).catch((error: unknown) => error);
    expect(isDeviceError(moved, 'DEVICE_IDENTIFY_FAILED')).toBe(true);
  });
});

describe('a label belongs', () => {
  const identity = { serial: LABEL.serial, wwn: LABEL.wwn, sizeBytes: LABEL.sizeBytes } as DeviceIdentity;
  const at = labelOffset(LABEL.sizeBytes);
  const other = (change: Partial<DeviceIdentity>, label: Partial<DiskLabel> = {}): string | null =>
    otherDisk({ ...LABEL, ...label }, at, { ...identity, ...change });

  it('to the disk that it was written for, also if the disk reports only its serial or only its WWN', () => {
    expect(other({})).toBeNull();
    expect(other({ wwn: null })).toBeNull();
    expect(other({ serial: null })).toBeNull();
    expect(other({}, { wwn: null })).toBeNull();
  });

  it('to no disk with another serial, WWN or size, or without serial and WWN', () => {
    expect(other({ serial: 'OTHER' })).toContain('serial Z1Z0ABCD; this one has OTHER');
    expect(other({ wwn: '0x1' })).toContain('wwn');
    expect(other({ serial: null, wwn: null })).toContain('reports none');
    expect(other({ serial: null }, { wwn: null })).toContain('serial Z1Z0ABCD; this one reports 0x5000');
    expect(other({ sizeBytes: 2 ** 21 })).toContain('1048576 bytes');
    expect(otherDisk(LABEL, at - 4096, identity)).toContain('bytes');
  });
});
