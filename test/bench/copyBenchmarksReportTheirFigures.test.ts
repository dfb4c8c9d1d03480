/**
 * Promise: `bench resync`, `bench verify` and `bench scan` report their figures, remove their devices, and overwrite a
 * given device only if it passes the safety gate.
 */
import { readFileSync, openSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ResyncBenchmarkResult } from '../../src/bench/resyncReport.js';
import type { ScanBenchmarkResult } from '../../src/bench/scanReport.js';
import { useLoops } from '../blockdev/loop.js';
import { hasFio, senselessFigures, useTempFolder } from '../cli/benchRun.js';
import { cli } from '../cli/cli.js';

const temp = useTempFolder();
const loops = useLoops();
const MIB = 2 ** 20;
const SMALL = ['--size', '16', '--rounds', '2'];
/** Only a hang takes this long. A program of udev can hold a changed device open. */
const GONE = { timeout: 30_000 };

describe('bench resync', () => {
  it('compares scattered copies with dd, and with the limits that fio finds where it is installed', async () => {
    const plot = join(temp.folder, 'resync.svg');
    const args = ['bench', 'resync', ...SMALL, '--seconds', '1', '--plot', plot, '--json'];
    const result = await cli(args, { env: temp.env });
    expect(result.code, result.stderr).toBe(0);
    const found = JSON.parse(result.stdout) as ResyncBenchmarkResult;
    expect(senselessFigures(found)).toEqual([]);
    expect(found.cases.map((c) => c.regionBytes)).toEqual([4096, 65_536, MIB]);
    for (const c of found.cases) {
      // A quarter of the area at most: else the regions would not be scattered.
      expect(c.dirtyRegions).toBeGreaterThanOrEqual(1);
      expect(c.dirtyRegions * c.regionBytes).toBeLessThanOrEqual(4 * MIB);
      expect(c.bytesPerSecond.min).toBeGreaterThan(0);
      expect(c.overDd.min).toBeGreaterThan(0);
      expect(c.overLimit === null).toBe(!hasFio());
      expect(c.overBoth === null).toBe(!hasFio());
    }
    const svg = readFileSync(plot, 'utf8');
    for (const text of ['resync', 'dd', '64 KiB', 'MiB/s']) expect(svg).toContain(text);
    await expect.poll(temp.loops, GONE).toEqual([]);
    expect(temp.files()).toEqual(['resync.svg']);
  });
});

describe.each(['verify', 'scan'] as const)('bench %s', (kind) => {
  it('reads the same bytes with both contenders', async () => {
    const result = await cli(['bench', kind, ...SMALL, '--json'], { env: temp.env });
    expect(result.code, result.stderr).toBe(0);
    const found = JSON.parse(result.stdout) as ScanBenchmarkResult;
    expect(senselessFigures(found)).toEqual([]);
    expect(found.contenders.map((c) => c.name)).toEqual(kind === 'verify' ? ['verify', 'cmp'] : ['judge', 'verify']);
    expect(found.usedBytes).toBe(16 * MIB);
    expect(found.ratio.min).toBeGreaterThan(0);
    await expect.poll(temp.loops, GONE).toEqual([]);
  });
});

describe.each(['resync', 'verify', 'scan'])('bench %s with given devices', (kind) => {
  const named = () => {
    const [p, s, j] = [32, 32, 16].map((mib) => loops.loop({ sizeBytes: mib * MIB }));
    return {
      files: [p.file, s.file, j.file],
      args: [p, s, j].flatMap((d) => ['--device', `${d.path},backingFile=${d.file}`]),
    };
  };

  it('refuses all of them when one carries a file system', async () => {
    const { files, args } = named();
    const fd = openSync(files[1], 'r+');
    writeSync(fd, Buffer.from([0x53, 0xef]), 0, 2, 1024 + 56);
    closeSync(fd);
    const before = files.map((file) => readFileSync(file));
    const result = await cli(['bench', kind, ...args, '--rounds', '1']);
    expect(result.code, result.stderr).toBe(4);
    expect(result.stderr).toMatch(/GATE_SIGNATURE.*ext/);
    expect(files.every((file, i) => readFileSync(file).equals(before[i]))).toBe(true);
  });

  it('writes only to the part that it uses', async () => {
    const { files, args } = named();
    const seconds = kind === 'resync' ? ['--seconds', '1'] : [];
    const result = await cli(['bench', kind, ...args, ...SMALL, ...seconds, '--rounds', '1']);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain('MiB/s');
    const used = kind === 'resync' ? 32 : 16;
    const rest = readFileSync(files[1]).subarray(used * MIB);
    expect(rest.every((byte) => byte === 0)).toBe(true);
  });

  it('needs three of them', async () => {
    const { args } = named();
    const result = await cli(['bench', kind, ...args.slice(0, 2)]);
    expect(result.code, result.stderr).toBe(2);
    expect(result.stderr).toMatch(/--device: given 1 times; give it 3 times/);
  });
});
