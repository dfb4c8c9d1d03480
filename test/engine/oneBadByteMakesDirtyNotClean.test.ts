import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { expect, it } from 'vitest';
import { journalLayout, pageOffset } from '../../src/journal/layout.js';
import { MIB, useMirrors, WORKLOAD } from './mirror.js';

const mirrors = useMirrors();
const REGIONS = (16 * MIB) / 65536;

/** Flips one bit in the file behind the journal, where the device's next O_DIRECT read sees it. */
function flip(file: string, offset: number): void {
  const fd = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset);
  byte[0] ^= 0x10;
  writeSync(fd, byte, 0, 1, offset);
  closeSync(fd);
}

const layout = journalLayout(MIB, REGIONS);
const places = [
  { name: 'the log', offset: layout.logOffset[0] + 12345 },
  { name: 'the second copy of the log', offset: layout.logOffset[1] + 23456 },
  { name: 'the indicator area', offset: pageOffset(layout, 0, 0) + 100 },
  { name: 'the second copy of the indicator area', offset: pageOffset(layout, 1, 0) + 300 },
];

it.each(places)('a bad byte in $name loses nothing, and more is dirty', async ({ offset }) => {
  const { engine, spec, devices } = await mirrors.prepared();
  await engine.load(WORKLOAD, 5, 200);
  await engine.abandon();
  await engine.open(spec);
  const before = await engine.recover();
  await engine.abandon();
  flip(devices.journal.file, offset);

  await engine.open(spec);
  const after = await engine.recover();
  expect(after.findings).toHaveLength(1);
  expect(after.findings[0]!.problem).toBe('corrupt');
  expect(after.dirtyRegions).toBeGreaterThan(before.dirtyRegions);
  expect(await engine.judge()).toMatchObject({ lostIndicators: 0 });
  expect(await engine.resync()).toMatchObject({ complete: true });
  expect(await engine.verify()).toMatchObject({ equal: true });
  await engine.close();

  // The damage is gone with the recovery: it is not found, and paid for, again.
  await engine.open({ ...spec, historyDir: null });
  expect(await engine.recover()).toMatchObject({ dirtyRegions: 0, findings: [] });
  await engine.close();
});
