/** Promise: one fio job per device, durable as asked, and figures of the group. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runFio, type FioRun } from '../../src/bench/fio.js';
import { hasFio } from '../cli/benchRun.js';
import { useLoops, type TestLoop } from '../blockdev/loop.js';

const loops = useLoops();
const SIZE_BYTES = 8 * 2 ** 20;

const both = (devices: TestLoop[], more: Partial<FioRun> = {}): FioRun => ({
  devices: devices.map((d) => d.path),
  sizeBytes: SIZE_BYTES,
  access: 'randwrite',
  blockBytes: 4096,
  depth: 32,
  durability: { fdatasyncEvery: 32 },
  forMs: 300,
  ...more,
});

describe.skipIf(!hasFio())('fio (needs fio: apt-get install fio)', () => {
  it('writes to both devices at the same time, with a flush every 32 writes', async () => {
    const pair = [loops.loop({ sizeBytes: SIZE_BYTES }), loops.loop({ sizeBytes: SIZE_BYTES })];
    const sample = await runFio(both(pair), new AbortController().signal);
    expect(sample.iosPerSecond).toBeGreaterThan(0);
    expect(sample.bytesPerSecond / sample.iosPerSecond).toBeCloseTo(4096, 0);
    expect(sample.latencyMsP50).toBeGreaterThan(0);
    expect(sample.latencyMsP999).toBeGreaterThanOrEqual(sample.latencyMsP99);
    expect(sample.latencyMsP99).toBeGreaterThanOrEqual(sample.latencyMsP50);
    expect(sample.cpuMicrosecondsPerIo).toBeGreaterThan(0);
    expect(sample.flushMsMean).toBeGreaterThan(0);
    for (const { file } of pair) expect(readFileSync(file).some((byte) => byte !== 0)).toBe(true);
  });

  it('has no flushes of its own with O_DSYNC, nor for reads', async () => {
    const pair = [loops.loop({ sizeBytes: SIZE_BYTES })];
    for (const more of [{ durability: 'dsync' }, { access: 'randread', durability: 'none' }] as const) {
      const sample = await runFio(both(pair, more), new AbortController().signal);
      expect(sample.iosPerSecond).toBeGreaterThan(0);
      expect(sample.flushMsMean).toBe(0);
    }
  });

  it('names its device and its command when it fails', async () => {
    const run = runFio({ ...both([]), devices: ['/dev/plugpull-none'] }, new AbortController().signal);
    await expect(run).rejects.toMatchObject({ code: 'HARDWARE_FAILED' });
    expect(existsSync('/dev/plugpull-none')).toBe(false);
    await expect(run).rejects.toThrow(/fio failed on \/dev\/plugpull-none.*run: fio .*--fdatasync=32/s);
  });

  it('gets the options of all jobs before the first job', async () => {
    const devices = ['/dev/plugpull-a:1', '/dev/plugpull-b'];
    const run = runFio({ ...both([]), devices, access: ['randread', 'randwrite'] }, new AbortController().signal);
    await expect(run).rejects.toThrow(
      /--fdatasync=32 --name=plugpull0 --filename=\S+a\\:1 --rw=randread --name=plugpull1 --filename=\S+b --rw=randwrite$/,
    );
  });
});
