import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { canRunLab, diskSpec, errnoOf, labSpec, MIB, startLab, tearDown, withNode } from './labFixture.js';

describe.skipIf(!canRunLab).each([512, 4096] as const)('a virtual disk with %i-byte blocks', (logicalBlockBytes) => {
  afterEach(tearDown);

  it('is a block device of the size, block size and cache it was described with', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { logicalBlockBytes, sizeBytes: 12 * MIB })]));
    const { loop, backingFile, node } = lab.disks['p']!;
    const sys = `/sys/block/${loop!.replace('/dev/', '')}`;
    const read = (file: string): string => fs.readFileSync(`${sys}/${file}`, 'utf8').trim();

    expect(fs.realpathSync(node)).toBe(loop);
    expect(Number(read('size')) * 512).toBe(12 * MIB);
    expect(Number(read('queue/logical_block_size'))).toBe(logicalBlockBytes);
    expect(read('queue/write_cache')).toBe('write back');
    expect(read('loop/dio')).toBe('1');
    expect(read('loop/backing_file')).toBe(backingFile);
  });

  it('reads what was written, before and after a flush, and zeros elsewhere', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { logicalBlockBytes })]));
    withNode(lab, 'p', (node) => {
      node.write(8192, 4096, 0x11);
      node.write(1 * MIB, 2 * MIB, 0x22);
      node.write(1 * MIB + 4096, 4096, 0x33);
      for (let pass = 0; pass < 2; pass++) {
        expect(node.read(8192, 4096).every((b) => b === 0x11)).toBe(true);
        expect(node.read(0, 8192).every((b) => b === 0)).toBe(true);
        const large = node.read(1 * MIB, 2 * MIB);
        expect(large.subarray(0, 4096).every((b) => b === 0x22)).toBe(true);
        expect(large.subarray(4096, 8192).every((b) => b === 0x33)).toBe(true);
        expect(large.subarray(8192).every((b) => b === 0x22)).toBe(true);
        node.flush();
      }
    });
  });

  it('refuses direct I/O below its block size and takes it at the block size', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { logicalBlockBytes })]));
    withNode(lab, 'p', (node) => {
      expect(errnoOf(() => node.write(512, 512, 1))).toBe(logicalBlockBytes === 512 ? null : 'EINVAL');
      expect(errnoOf(() => node.write(logicalBlockBytes, logicalBlockBytes, 1))).toBe(null);
      expect(errnoOf(() => node.read(100, 512))).toBe('EINVAL');
    });
  });

  it('reads zeros where it was discarded', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { logicalBlockBytes })]));
    withNode(lab, 'p', (node) => {
      node.write(0, 64 * 1024, 0x44);
      node.flush();
      node.write(64 * 1024, 64 * 1024, 0x44);
    });
    execFileSync('blkdiscard', ['--offset', '32768', '--length', '65536', lab.disks['p']!.node]);
    withNode(lab, 'p', (node) => {
      const seen = node.read(0, 128 * 1024);
      expect(seen.subarray(0, 32768).every((b) => b === 0x44)).toBe(true);
      expect(seen.subarray(32768, 98304).every((b) => b === 0)).toBe(true);
      expect(seen.subarray(98304).every((b) => b === 0x44)).toBe(true);
    });
  });
});
