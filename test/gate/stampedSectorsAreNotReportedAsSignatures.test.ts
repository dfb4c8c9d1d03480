/**
 * Promise: a sector of ours that happens to look like a file system is not taken for one. Bodies are as good as random,
 * and ext's magic is two bytes: once in a few hundred thousand writes to sector 2 libblkid sees an ext4.
 */
import { openSync, readFileSync, writeSync, closeSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkGate } from '../../src/gate/gate.js';
import { sectorTools } from '../../src/blockdev/sectorTools.js';
import { command, useLoops } from '../blockdev/loop.js';

const loops = useLoops();
const RUN_ID = 20260101;
/** ext's superblock begins at byte 1024, its magic 0xef53 is 56 bytes further. */
const LBA = 2;
const MAGIC_AT = 56;

/** Update ids whose stamp of LBA 2 has ext's magic in it. */
function* lookalikes(): Generator<Buffer> {
  const sector = Buffer.alloc(512);
  const { stamp } = sectorTools();
  for (let updateId = 1; ; updateId++) {
    stamp(sector, 0, 512, { runId: RUN_ID, updateId, transactionId: 1, firstLba: LBA });
    if (sector.readUInt16LE(MAGIC_AT) === 0xef53) yield sector;
  }
}

function put(file: string, bytes: Buffer, at: number): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

it('a stamp that libblkid takes for ext passes; a damaged one, or one copied from another place, does not', async () => {
  const loop = loops.loop({ sizeBytes: 2 ** 20 });
  let stamp: Buffer | null = null;
  for (const candidate of lookalikes()) {
    put(loop.file, candidate, LBA * 512);
    if (!command('wipefs', '--no-act', '--json', loop.path).includes('"ext')) continue;
    stamp = Buffer.from(candidate);
    break;
  }
  const gate = async (): Promise<string[]> =>
    (await checkGate([{ role: 'primary', path: loop.path, backingFile: loop.file, lab: true }])).findings.map(
      (f) => f.code,
    );
  expect(
    readFileSync(loop.file)
      .subarray(LBA * 512, LBA * 512 + 512)
      .equals(stamp!),
  ).toBe(true);
  expect(await gate()).toEqual([]);
  const damaged = Buffer.from(stamp!);
  damaged[500]! ^= 1;
  put(loop.file, damaged, LBA * 512);
  expect(await gate()).toEqual(['GATE_SIGNATURE']);
  put(loop.file, copiedFromElsewhere(), LBA * 512);
  expect(await gate()).toEqual(['GATE_SIGNATURE']);
});

/** A valid stamp of LBA 3 with the magic in it. */
function copiedFromElsewhere(): Buffer {
  const sector = Buffer.alloc(512);
  const { stamp } = sectorTools();
  for (let updateId = 1; ; updateId++) {
    stamp(sector, 0, 512, { runId: RUN_ID, updateId, transactionId: 1, firstLba: LBA + 1 });
    if (sector.readUInt16LE(MAGIC_AT) !== 0xef53) continue;
    const probe = loops.file(2 ** 20);
    put(probe, sector, LBA * 512);
    if (command('wipefs', '--no-act', '--json', probe).includes('"ext')) return sector;
  }
}
