/**
 * The gate refuses a device with a signature and names it. Where no mkfs is installed, the test writes the magic bytes.
 */
import { openSync, writeSync, closeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkGate } from '../../src/gate/gate.js';
import type { GateReport } from '../../src/gate/gateReport.js';
import { crc32, gpt } from './gptImage.js';
import { command, DEFAULT_LOOP_BYTES, useLoops, type TestLoop } from '../blockdev/loop.js';

const loops = useLoops();

/** Part of the smallest image in which libblkid finds a signature: bytes at an offset. */
interface Piece {
  at: number;
  bytes: Buffer;
}

function put(file: string, pieces: Piece[]): void {
  const fd = openSync(file, 'r+');
  for (const { at, bytes } of pieces) writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

function numbers(length: number, fields: [at: number, value: number, bytes: 2 | 4 | 8, endian?: 'be'][]): Buffer {
  const block = Buffer.alloc(length);
  for (const [at, value, bytes, endian] of fields) {
    if (endian === 'be') block.writeUIntBE(value, at + (bytes === 8 ? 2 : 0), Math.min(bytes, 6));
    else block.writeUIntLE(value, at, Math.min(bytes, 6));
  }
  return block;
}

async function gate(loop: TestLoop): Promise<GateReport> {
  return checkGate([{ role: 'primary', path: loop.path, backingFile: loop.file, lab: true }]);
}

const text = (value: string): Buffer => Buffer.from(value, 'latin1');

describe('the gate refuses a device with a signature of', () => {
  it('ext4, made by mkfs', async () => {
    const loop = loops.loop();
    command('mkfs.ext4', '-q', '-L', 'precious', loop.path);
    const { passed, findings } = await gate(loop);
    expect(passed).toBe(false);
    expect(findings).toMatchObject([{ code: 'GATE_SIGNATURE', role: 'primary', path: loop.path }]);
    expect(findings[0]!.found).toContain('ext4 at 0x438 (precious)');
    expect(findings[0]!.nextStep).toContain(`wipefs -a ${loop.path}`);
  });

  it('swap, made by mkswap', async () => {
    const loop = loops.loop();
    command('mkswap', loop.path);
    expect((await gate(loop)).findings[0]!.found).toContain('swap at');
  });

  const images: [name: string, says: string, pieces: Piece[]][] = [
    ['GPT', 'gpt at 0x200', [{ at: 0, bytes: gpt(DEFAULT_LOOP_BYTES).primary }]],
    // The backup remains if only the beginning of the disk was wiped. A label would overwrite it.
    [
      'GPT, only its backup',
      'gpt at 0x3fffe00',
      [{ at: DEFAULT_LOOP_BYTES - 33 * 512, bytes: gpt(DEFAULT_LOOP_BYTES).backup }],
    ],
    ['XFS', 'xfs', [{ at: 0, bytes: xfs() }]],
    ['btrfs', 'btrfs', [{ at: 0x10040, bytes: text('_BHRfS_M') }]],
    ['LUKS', 'crypto_LUKS', [{ at: 0, bytes: Buffer.concat([text('LUKS'), Buffer.from([0xba, 0xbe, 0, 1])]) }]],
    ['LVM', 'LVM2_member', [{ at: 512, bytes: lvm() }]],
    ['md 1.2', 'linux_raid_member', [{ at: 4096, bytes: md() }]],
  ];
  for (const [name, says, pieces] of images) {
    it(name, async () => {
      const loop = loops.loop();
      put(loop.file, pieces);
      const { findings } = await gate(loop);
      expect(findings.map((f) => f.code)).toEqual(['GATE_SIGNATURE']);
      expect(findings[0]!.found).toContain(says);
    });
  }
});

it('an empty device and a device with stamped sectors pass', async () => {
  const { sectorTools } = await import('../../src/blockdev/sectorTools.js');
  const loop = loops.loop();
  expect((await gate(loop)).findings).toEqual([]);
  const sectors = Buffer.alloc(2 ** 20);
  sectorTools().stamp(sectors, 0, sectors.length, { runId: 1, updateId: 0, transactionId: 0, firstLba: 0 });
  put(loop.file, [{ at: 0, bytes: sectors }]);
  expect(await gate(loop)).toMatchObject({ passed: true, findings: [] });
});

/** The superblock `xfs_sb`: magic, block size, data blocks, …; libblkid checks the geometry. */
function xfs(): Buffer {
  const sb = numbers(512, [
    [4, 4096, 4, 'be'],
    [8, 16384, 8, 'be'],
    [80, 1, 4, 'be'],
    [84, 4096, 4, 'be'],
    [88, 4, 4, 'be'],
    [96, 855, 4, 'be'],
    [100, 0xb4a5, 2, 'be'],
    [102, 512, 2, 'be'],
    [104, 512, 2, 'be'],
    [106, 8, 2, 'be'],
  ]);
  text('XFSB').copy(sb);
  // Base-2 logarithms of the sizes of block, sector, inode, inodes per block and allocation group; then the maximum
  // percentage for inodes.
  Buffer.from([12, 9, 9, 3, 12, 0, 0, 25]).copy(sb, 120);
  return sb;
}

/** The `label_header` of lvm2: LABELONE, sector number, CRC, offset of the pv_header, type. */
function lvm(): Buffer {
  const label = numbers(512, [
    [8, 1, 8],
    [20, 32, 4],
  ]);
  text('LABELONE').copy(label);
  text('LVM2 001').copy(label, 24);
  text('0123456789abcdef0123456789abcdef').copy(label, 32);
  // lib/misc/crc.c of LVM has its own initial value and no final inversion.
  label.writeUInt32LE(crc32(label.subarray(20), 0xf597a6cf), 16);
  return label;
}

/** `mdp_superblock_1`, version 1.2: magic, major version, its own offset in sectors, and a sum folded to 32 bits. */
function md(): Buffer {
  const sb = numbers(256, [
    [0, 0xa92b4efc, 4],
    [4, 1, 4],
    [144, 8, 8],
  ]);
  text('host:precious').copy(sb, 32);
  let sum = 0n;
  for (let at = 0; at < sb.length; at += 4) sum += BigInt(sb.readUInt32LE(at));
  sb.writeUInt32LE(Number(((sum & 0xffffffffn) + (sum >> 32n)) & 0xffffffffn), 216);
  return sb;
}
