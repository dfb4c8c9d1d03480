/**
 * Promise: `bench mirror` reports the path in steps beside fio that writes both copies, where the time of an update
 * goes, and what it costs the devices; it removes its devices, and overwrites given ones only if they pass the safety
 * gate.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MirrorBenchmarkResult } from '../../src/bench/mirrorReport.js';
import { useLoops } from '../blockdev/loop.js';
import { hasFio, senselessFigures, useTempFolder } from '../cli/benchRun.js';
import { cli } from '../cli/cli.js';

const temp = useTempFolder();
const loops = useLoops();
const MIB = 2 ** 20;
const SMALL = ['--size', '16', '--seconds', '1', '--rounds', '2'];
/** Only a hang takes this long. A program of udev can hold a changed device open. */
const GONE = { timeout: 30_000 };

describe('bench mirror', () => {
  it('measures each step beside fio where it is installed, and draws a plot', async () => {
    const plot = join(temp.folder, 'mirror.svg');
    const args = ['bench', 'mirror', ...SMALL, '--depth', '1,8', '--set', 'hot,cold', '--plot', plot, '--json'];
    const result = await cli(args, { env: temp.env });
    expect(result.code, result.stderr).toBe(0);
    const found = JSON.parse(result.stdout) as MirrorBenchmarkResult;
    expect(senselessFigures(found)).toEqual([]);
    const named = (rows: MirrorBenchmarkResult['steps']) => rows.map((row) => `${row.name} ${row.depth}`);
    const each = (names: string[]) => [1, 8].flatMap((depth) => names.map((name) => `${name} ${depth}`));
    expect(named(found.fioRows)).toEqual(hasFio() ? each(['fio, fdatasync=32', 'fio, O_DSYNC']) : []);
    expect(named(found.steps)).toEqual(each(['raw', 'stamped', 'tracked in memory']));
    expect(named(found.engine)).toEqual(each(['hot, sync', 'hot, async', 'cold, sync', 'cold, async']));
    for (const row of [...found.steps, ...found.engine]) {
      expect(row.figures.updatesPerSecond.min).toBeGreaterThan(0);
      expect(row.figures.latencyMsP99.min).toBeGreaterThanOrEqual(row.figures.latencyMsP50.min);
      expect(row.overFdatasync === null).toBe(!hasFio());
    }
    for (const { name, set, figures: f } of found.engine) {
      expect(f.journalBytesPerUpdate.min, name).toBeGreaterThan(0);
      // Each update is durable by a flush of each area; some updates share it.
      expect(f.areaFlushesPerUpdate.min, name).toBeGreaterThan(0);
      expect(f.areaFlushesPerUpdate.max, name).toBeLessThanOrEqual(2.5);
      // Only a region without durable evidence waits for the log.
      if (set === 'cold') expect(f.evidenceMs.min, name).toBeGreaterThan(0);
    }
    // With one update at a time, every update of the cold set that finds no evidence writes the log.
    const journal = (name: string) =>
      found.engine.find((row) => row.name === name && row.depth === 1)!.figures.journalBytesPerUpdate.median;
    expect(journal('cold, sync')).toBeGreaterThan(journal('hot, sync'));
    const svg = readFileSync(plot, 'utf8');
    for (const text of ['hot, sync', 'tracked in memory', '8 outstanding']) expect(svg).toContain(text);
    await expect.poll(temp.loops, GONE).toEqual([]);
    expect(temp.files()).toEqual(['mirror.svg']);
  });

  it('submits no flush with writes that are durable by themselves, and prints where the time goes', async () => {
    const args = [
      'bench',
      'mirror',
      ...SMALL,
      '--depth',
      '4',
      '--set',
      'zipf',
      '--mode',
      'sync',
      '--durability',
      'fua',
    ];
    const result = await cli([...args, '--rounds', '1'], { env: temp.env });
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toMatch(/zipf, sync +4 +[\d.]+ +[\d.]+ +0 +\d[\d ]* +0 +0$/m);
    for (const text of ['evidence', 'transfer', 'flush', 'p99.9 ms', "Zipf's theta 0.99"])
      expect(result.stdout).toContain(text);
  });

  it('overwrites no device that the safety gate refuses, and measures three that pass', async () => {
    const [p, s, j] = [16, 16, 16].map((mib) => loops.loop({ sizeBytes: mib * MIB }));
    const named = (file: { path: string; file: string }) => `${file.path},backingFile=${file.file}`;
    const run = (devices: string[]) =>
      cli([
        'bench',
        'mirror',
        ...devices.flatMap((d) => ['--device', d]),
        ...SMALL,
        ...['--depth', '2', '--set', 'hot', '--mode', 'sync', '--rounds', '1', '--json'],
      ]);
    const refused = await run([named(p), named(p), named(j)]);
    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.stderr).toMatch(/GATE_SAME_DEVICE/);
    expect(readFileSync(p.file).every((byte) => byte === 0)).toBe(true);
    const measured = await run([named(p), named(s), named(j)]);
    expect(measured.code, measured.stderr).toBe(0);
    expect((JSON.parse(measured.stdout) as MirrorBenchmarkResult).devices).toContain(s.path);
    expect(readFileSync(s.file).some((byte) => byte !== 0)).toBe(true);
  });

  it.each([
    ['two devices', ['--device', '/dev/a', '--device', '/dev/b'], /--device/],
    ['a depth of 0', ['--depth', '1,0'], /1 to 1024/],
    ['an unknown set', ['--set', 'warm'], /hot, cold, zipf/],
    ['an unknown mode', ['--mode', 'sync,lazy'], /sync, async/],
  ])('%s: exit 2', async (_what, args, said) => {
    const result = await cli(['bench', 'mirror', ...args]);
    expect(result.code, result.stderr).toBe(2);
    expect(result.stderr).toMatch(said);
  });
});
