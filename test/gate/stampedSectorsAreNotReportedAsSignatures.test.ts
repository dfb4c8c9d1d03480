/**
 * The gate does not report a stamped sector that looks like a file system by chance. The body of a stamp is
 * pseudorandom, and the magic of ext is two bytes, so libblkid finds an ext4 in one of a few hundred thousand stamps of
 * sector 2.
 */
import { openSync, readFileSync, writeSync, closeSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkGate } from '../../src/gate/gate.js';
import { sectorTools } from '../../src/blockdev/sectorTools.js';
import { command, useLoops } from '../blockdev/loop.js';

const loops = useLoops();
const RUN_ID = 20260101;
/** The superblock of ext begins at byte 1024; its magic 0xef53 follows 56 bytes later. */
const LBA = 2;
const MAGIC_AT = 56;

/** Stamps of LBA 2 that contain the magic of ext at its place, one for each such update id. */
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

it('a stamp in which libblkid finds ext passes; a damaged stamp or a stamp of another sector does not', async () => {
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

/** A valid stamp of LBA 3 in which libblkid finds ext at LBA 2. */
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
