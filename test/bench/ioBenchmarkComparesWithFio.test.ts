/** Promise: `bench io` reports ratios to fio, or how to install fio, and removes its devices. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { IoBenchmarkResult } from '../../src/bench/ioReport.js';
import { senselessFigures, useTempFolder } from '../cli/benchRun.js';
import { cli } from '../cli/cli.js';

const temp = useTempFolder();
const SMALL = ['bench', 'io', '--size', '16', '--seconds', '2', '--rounds', '2'];

function which(program: string): string | null {
  try {
    return execFileSync('which', [program], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

/** Only a hang takes this long. A program of udev can hold a changed device open. */
const GONE = { timeout: 30_000 };

const CASES = ['writes', 'reads'].flatMap((access) =>
  ['4 KiB, 1', '4 KiB, 32', '4 KiB, 128', '64 KiB, 32', '1 MiB, 8'].map((shape) =>
    shape.replace(',', ` random ${access}, depth`),
  ),
);

describe('bench io', () => {
  it.skipIf(which('fio') === null)('compares both bindings with fio (needs fio: apt-get install fio)', async () => {
    const result = await cli([...SMALL, '--json'], { env: temp.env });
    expect(result.code, result.stderr).toBe(0);
    const found = JSON.parse(result.stdout) as IoBenchmarkResult;
    expect(senselessFigures(found)).toEqual([]);
    expect(found.notes).toEqual([]);
    expect(found.fio).toMatch(/^fio-/);
    expect(found.raw.map((c) => c.name)).toEqual(CASES);
    for (const c of found.raw) {
      expect(c.ours.map((o) => o.ffi)).toEqual(['koffi', 'ffi-napi']);
      for (const o of c.ours) {
        // The ratio of a round lies between those of the extremes.
        expect(o.iosOverFio!.max).toBeLessThanOrEqual(o.iosPerSecond.max / c.fio!.iosPerSecond.min + 1e-9);
        expect(o.iosOverFio!.min).toBeGreaterThanOrEqual(o.iosPerSecond.min / c.fio!.iosPerSecond.max - 1e-9);
        expect(o.cpuMicrosecondsPerIo.median).toBeGreaterThan(0);
        expect(o.cpuOverFio).not.toBeNull();
      }
    }
    expect(found.ffiCosts.map((c) => c.name)).toEqual(['koffi', 'ffi-napi']);
    await expect.poll(temp.loops, GONE).toEqual([]);
    expect(temp.files()).toEqual([]);
  });

  it('without fio reports its own figures, and how to install fio', async () => {
    const bin = join(temp.folder, 'bin');
    mkdirSync(bin);
    symlinkSync(which('losetup')!, join(bin, 'losetup'));
    const result = await cli([...SMALL, '--rounds', '1', '--ffi', 'koffi'], { env: { ...temp.env, PATH: bin } });
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toMatch(/note: fio is not installed.*apt-get install fio/);
    for (const name of CASES) expect(result.stdout).toContain(name);
    expect(result.stdout).not.toContain('ffi-napi');
    expect(result.stdout).toMatch(/ koffi +– +– +\d/m);
    await expect.poll(temp.loops, GONE).toEqual([]);
    expect(temp.files()).toEqual(['bin']);
  });
});
