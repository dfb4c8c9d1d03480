import fs from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  cutPower,
  diskSpec,
  labSpec,
  canRunLab,
  MIB,
  restorePower,
  startLab,
  tearDown,
  withNode,
} from './labFixture.js';

const allAre = (bytes: Buffer, value: number): boolean => bytes.every((b) => b === value);

describe.skipIf(!canRunLab)('a power cut', () => {
  afterEach(tearDown);

  it('with kill model drop loses unflushed writes and keeps flushed ones', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1)]));
    withNode(lab, 'p', (node) => {
      node.write(0, 64 * 1024, 0x0a);
      node.flush();
      node.write(32 * 1024, 64 * 1024, 0x0b);
    });
    await cutPower(lab, 'p', 1);
    await restorePower(lab, 'p', 1);
    withNode(lab, 'p', (node) => {
      expect(allAre(node.read(0, 64 * 1024), 0x0a)).toBe(true);
      expect(allAre(node.read(64 * 1024, 32 * 1024), 0)).toBe(true);
    });
  });

  it('with kill model keep keeps every acknowledged write', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { killModel: 'keep' })]));
    withNode(lab, 'p', (node) => node.write(0, 64 * 1024, 0x0c));
    await cutPower(lab, 'p', 1);
    await restorePower(lab, 'p', 1);
    withNode(lab, 'p', (node) => expect(allAre(node.read(0, 64 * 1024), 0x0c)).toBe(true));
  });

  it('shows at once in the backing file too, because no page cache of the host keeps lost data', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1)]));
    const beneath = (): number => {
      const fd = fs.openSync(lab.disks['p']!.backingFile, 'r');
      try {
        const bytes = Buffer.alloc(4096);
        fs.readSync(fd, bytes, 0, 4096, 0);
        return bytes[0]!;
      } finally {
        fs.closeSync(fd);
      }
    };
    expect(beneath()).toBe(0);
    withNode(lab, 'p', (node) => node.write(0, 4096, 0x10));
    expect(beneath()).toBe(0x10);
    await cutPower(lab, 'p', 1);
    await restorePower(lab, 'p', 1);
    expect(beneath()).toBe(0);
  });

  it('affects only the disks that its channel feeds', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1), diskSpec('s', 2)]));
    withNode(lab, 's', (node) => node.write(0, 4096, 0x0d));
    await cutPower(lab, 'p', 1);
    withNode(lab, 's', (node) => expect(allAre(node.read(0, 4096), 0x0d)).toBe(true));
  });

  it('loses nothing of a disk without a write cache', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { cacheBytes: 0 })]));
    withNode(lab, 'p', (node) => node.write(1 * MIB, 4096, 0x0e));
    await cutPower(lab, 'p', 1);
    await restorePower(lab, 'p', 1);
    withNode(lab, 'p', (node) => expect(allAre(node.read(1 * MIB, 4096), 0x0e)).toBe(true));
  });

  it('loses at most what the write cache holds', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { cacheBytes: 64 * 1024 })]));
    withNode(lab, 'p', (node) => {
      for (let i = 0; i < 64; i++) node.write(i * 4096, 4096, 0x0f);
    });
    await cutPower(lab, 'p', 1);
    await restorePower(lab, 'p', 1);
    withNode(lab, 'p', (node) => {
      const seen = node.read(0, 64 * 4096);
      expect(allAre(seen.subarray(0, 48 * 4096), 0x0f)).toBe(true);
      expect(allAre(seen.subarray(48 * 4096), 0)).toBe(true);
    });
  });
});
