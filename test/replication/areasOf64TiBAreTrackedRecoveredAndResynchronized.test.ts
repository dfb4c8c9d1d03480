/** Sparse loop devices over tmpfs, since a file on ext4 has at most 16 TiB. Only what is written takes memory. */
import { mkdtempSync, openSync, readSync, rmSync, truncateSync, writeFileSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fitAreas } from '../../src/replication/areas.js';
import { inspectJournal } from '../../src/replication/inspect.js';
import { MIB, useMirrors, WORKLOAD } from './mirror.js';

const TIB = 2 ** 40;
const AREA_BYTES = 64 * TIB;
/** Superblocks, a log of 1 MiB, and both copies of the indicators of 2^26 regions. */
const JOURNAL_BYTES = 20 * MIB;

const mirrors = useMirrors();

function sparseLoop(folder: string, name: string, sizeBytes: number) {
  const file = join(folder, name);
  writeFileSync(file, '');
  truncateSync(file, sizeBytes);
  return mirrors.loops.loop({ over: file });
}

function contentOf(file: string, offset: number, length: number): Buffer {
  const fd = openSync(file, 'r');
  const bytes = Buffer.alloc(length);
  readSync(fd, bytes, 0, length, offset);
  closeSync(fd);
  return bytes;
}

it('opens, formats, loads, recovers and resynchronizes two areas of 64 TiB with a journal of 20 MiB', async () => {
  const folder = mkdtempSync('/dev/shm/plugpull-test-');
  mirrors.loops.undo(() => rmSync(folder, { recursive: true, force: true }));
  const devices = {
    primary: sparseLoop(folder, 'primary', AREA_BYTES),
    secondary: sparseLoop(folder, 'secondary', AREA_BYTES),
    journal: sparseLoop(folder, 'journal', JOURNAL_BYTES),
  };
  const spec = mirrors.spec(devices, { tracking: { regionBytes: MIB, hotRegions: 16 } });
  const engine = await mirrors.engine();
  expect(await engine.open(spec)).toMatchObject({ usableBytes: AREA_BYTES, regionCount: 2 ** 26 });
  await engine.format('clean');
  expect(await engine.recover()).toMatchObject({ dirtyRegions: 0, findings: [] });
  // Few updates: a dirty region costs 1 MiB of tmpfs when it is copied.
  const sparse = {
    ...WORKLOAD,
    queueDepth: 4,
    addresses: { pattern: 'uniform', skew: 0 },
    maxWritesPerSecond: 200,
  } as const;
  const load = await engine.load(sparse, 1, 300);
  expect(load.updatesIssued).toBeGreaterThan(0);
  await engine.abandon();

  await engine.open(spec);
  const recovery = await engine.recover();
  expect(recovery).toMatchObject({ regionCount: 2 ** 26, everythingDirty: false, findings: [] });
  expect(recovery.dirtyRegions).toBeGreaterThan(0);
  const { dirtyRanges } = inspectJournal(spec);
  expect(dirtyRanges.length).toBeGreaterThan(0);
  const resync = await engine.resync();
  expect(resync).toMatchObject({ complete: true, remainingRegions: 0, regions: recovery.dirtyRegions });
  await engine.abandon();

  await engine.open(spec);
  expect(await engine.recover()).toMatchObject({ dirtyRegions: 0, findings: [] });
  await engine.close();
  for (const { firstRegion, regions } of dirtyRanges) {
    const [offset, length] = [firstRegion * MIB, regions * MIB];
    const primary = contentOf(devices.primary.file, offset, length);
    expect(primary.equals(contentOf(devices.secondary.file, offset, length))).toBe(true);
  }
});

describe('what cannot fit is refused with figures and the setting to change', () => {
  const spec = (regionBytes: number) => {
    const at = { device: '/dev/null', durability: 'flush' } as const;
    return { primary: at, secondary: at, journal: { ...at, logBytes: MIB }, tracking: { regionBytes } };
  };
  const sized = (area: number, journal: number) => ({
    primary: { sizeBytes: area, backingFile: '/lab' },
    secondary: { sizeBytes: area, backingFile: '/lab' },
    journal: { sizeBytes: journal, backingFile: '/lab' },
  });
  const fit = (regionBytes: number, area: number, journal: number, memory: number) =>
    fitAreas(spec(regionBytes) as unknown as Parameters<typeof fitAreas>[0], sized(area, journal), memory);

  it('an indicator area larger than the journal', () => {
    const refusal = /has 20971520 bytes.*1073741824 regions need \d+\..*larger regionSize \(1048576 bytes or more\)/;
    expect(() => fit(65536, AREA_BYTES, JOURNAL_BYTES, 2 ** 40)).toThrow(refusal);
    expect(fit(MIB, AREA_BYTES, JOURNAL_BYTES, 2 ** 40).regionCount).toBe(2 ** 26);
  });

  it('maps larger than the memory of the host', () => {
    const refusal =
      /1073741824 regions of 64 KiB need 596 MiB of memory, but this host has 512 MiB .* at least 128 KiB/;
    expect(() => fit(65536, AREA_BYTES, 2 ** 32, 512 * MIB)).toThrow(refusal);
    expect(fit(2 * 65536, AREA_BYTES, 2 ** 32, 512 * MIB).regionCount).toBe(2 ** 29);
  });
});
