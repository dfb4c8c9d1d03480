import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { canRunLab, diskSpec, labSpec, MIB, startLab, tearDown } from './labFixture.js';

const run = promisify(execFile);

function residentBytes(pid: number): number {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1024;
}

describe.skipIf(!canRunLab)('the lab process', () => {
  afterEach(tearDown);

  it('does not grow over 100,000 writes', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { sizeBytes: 256 * MIB, cacheBytes: 1 * MIB })]));
    const write = (count: number): Promise<unknown> =>
      run('dd', [
        'if=/dev/zero',
        `of=${lab.disks['p']!.node}`,
        'bs=2k',
        `count=${count}`,
        'oflag=direct',
        'conv=fsync,notrunc',
      ]);
    await write(20_000);
    const before = residentBytes(lab.pid);
    await write(100_000);
    // The young generation of two threads can be full or empty; 100,000 leaked writes would take 200 MiB.
    expect(residentBytes(lab.pid) - before).toBeLessThan(32 * MIB);
  });
});
