/** Promise: `bench io` overwrites a given device only if it passes the safety gate; a refused device is unchanged. */
import { readFileSync, writeSync, openSync, closeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { IoBenchmarkResult } from '../../src/bench/ioReport.js';
import { useLoops, type TestLoop } from '../blockdev/loop.js';
import { cli } from '../cli/cli.js';

const loops = useLoops();
const MIB = 2 ** 20;
const SMALL = ['--seconds', '1', '--rounds', '1'];

function named(loop: TestLoop): string {
  return `${loop.path},backingFile=${loop.file}`;
}

/** The magic of ext4, where blkid looks for it. */
function withExt4(): TestLoop {
  const loop = loops.loop({ sizeBytes: 16 * MIB });
  const fd = openSync(loop.file, 'r+');
  writeSync(fd, Buffer.from([0x53, 0xef]), 0, 2, 1024 + 56);
  closeSync(fd);
  return loop;
}

describe('a given device', () => {
  it.each([
    ['that does not exist', () => ({ device: '/dev/disk/by-id/ata-NOT_THERE', file: null }), /GATE_MISSING/],
    [
      'that is named by its loop number only',
      () => ({ device: loops.loop({ sizeBytes: 16 * MIB }).path, file: null }),
      /GATE_UNIDENTIFIED/,
    ],
    [
      'with another backing file',
      () => ({ device: `${loops.loop({ sizeBytes: 16 * MIB }).path},backingFile=/etc/hostname`, file: null }),
      /GATE_BACKING_FILE_MISMATCH/,
    ],
    [
      'that carries a file system',
      () => {
        const loop = withExt4();
        return { device: named(loop), file: loop.file };
      },
      /GATE_SIGNATURE.*ext/,
    ],
  ])("%s is refused with the gate's table, exit 4", async (_what, make, finding) => {
    const { device, file } = make();
    const before = file === null ? null : readFileSync(file);
    const result = await cli(['bench', 'io', '--device', device, ...SMALL]);
    expect(result.code, result.stderr).toBe(4);
    expect(result.stderr).toMatch(finding);
    expect(result.stdout).toBe('');
    if (file !== null) expect(readFileSync(file).equals(before!)).toBe(true);
  });

  it('is refused if it is given twice', async () => {
    const [p, j] = [loops.loop({ sizeBytes: 16 * MIB }), loops.loop({ sizeBytes: 16 * MIB })];
    const devices = [p, p, j].flatMap((d) => ['--device', named(d)]);
    const result = await cli(['bench', 'io', ...devices, ...SMALL]);
    expect(result.code, result.stderr).toBe(4);
    expect(result.stderr).toMatch(/GATE_SAME_DEVICE/);
  });

  it('that passes the gate is measured alone', async () => {
    const loop = loops.loop({ sizeBytes: 16 * MIB });
    const result = await cli(['bench', 'io', '--device', named(loop), ...SMALL, '--ffi', 'koffi', '--json']);
    expect(result.code, result.stderr).toBe(0);
    const found = JSON.parse(result.stdout) as IoBenchmarkResult;
    expect(found.devices).toContain(loop.path);
    expect(found.raw[0].ours[0].iosPerSecond.median).toBeGreaterThan(0);
    expect(readFileSync(loop.file).some((byte) => byte !== 0)).toBe(true);
  });

  it.each([
    ['two devices', ['--device', '/dev/a', '--device', '/dev/b']],
    ['an unknown field', ['--device', '/dev/a,color=red']],
    ['an unknown loader', ['--ffi', 'n-api']],
    ['no time', ['--seconds', '0']],
  ])('%s: exit 2', async (_what, args) => {
    const result = await cli(['bench', 'io', ...args]);
    expect(result.code, result.stderr).toBe(2);
    expect(result.stderr.length).toBeGreaterThan(10);
  });
});
