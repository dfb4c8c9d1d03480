/** Real disks run once they are enrolled and labeled, and no campaign, resync or comparison overwrites a label. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ownStateDir } from '../campaign/labRig.js';
import { realRig, type RealRig } from './realRig.js';

const state = ownStateDir();
afterAll(() => state.clean());

const SIZES = { p: 4 * 2 ** 20, s: 4 * 2 ** 20, j: 2 ** 20 };
type Disk = keyof typeof SIZES;
const DISKS: readonly Disk[] = ['p', 's', 'j'];

/** Read with O_DIRECT. */
function bytesOf(rig: RealRig, disk: Disk, firstBlock: number, blocks: number): Buffer {
  const args = [
    `if=${rig.disks[disk].node}`,
    'bs=4096',
    `skip=${firstBlock}`,
    `count=${blocks}`,
    'iflag=direct',
    'status=none',
  ];
  return execFileSync('dd', args, { maxBuffer: 2 ** 24 });
}

const lastBlock = (disk: Disk): number => SIZES[disk] / 4096 - 1;
const labelsOf = (rig: RealRig): Buffer[] => DISKS.map((disk) => bytesOf(rig, disk, lastBlock(disk), 1));
const wipe = (rig: RealRig, disk: Disk): unknown =>
  execFileSync('dd', [
    'if=/dev/zero',
    `of=${rig.disks[disk].node}`,
    'bs=4096',
    `seek=${lastBlock(disk)}`,
    'count=1',
    'oflag=direct',
    'conv=fsync',
    'status=none',
  ]);

describe('a rig of real disks', () => {
  it.concurrent('is refused, then enrolled, then runs, and no byte of its labels changes', async () => {
    const cuts = [
      '{ rails: [P], during: load, after: 60ms }',
      '{ rails: [P, S, J], during: load, after: 60ms }',
      '{ rails: [S], during: resync, after: 1ms }',
    ];
    const rig = await realRig(state.dir, 'real', { cycles: 3, cuts });
    const serials = DISKS.flatMap((disk) => ['--i-mean', rig.disks[disk].serial]);
    const out = (n: number): string[] => ['--out', join(state.dir, `out-${n}`)];

    const notEnrolled = await rig.run(['run', rig.file, ...out(0)]);
    expect(notEnrolled.code, notEnrolled.stderr).toBe(4);
    expect(notEnrolled.stderr.match(/GATE_NOT_ENROLLED/g)).toHaveLength(3);
    for (const disk of DISKS)
      expect(
        bytesOf(rig, disk, 0, SIZES[disk] / 4096).every((byte) => byte === 0),
        disk,
      ).toBe(true);

    const half = await rig.run(['enrol', rig.file, ...serials.slice(0, 4)]);
    expect(half.code, half.stderr).toBe(4);
    expect(half.stderr).toMatch(/journal .*nothing was changed/);
    expect(labelsOf(rig).every((label) => label.every((byte) => byte === 0))).toBe(true);
    expect(existsSync(rig.enrolled)).toBe(false);

    const enrolled = await rig.run(['enrol', rig.file, '--json', ...serials]);
    expect(enrolled.code, enrolled.stderr).toBe(0);
    expect((JSON.parse(enrolled.stdout) as { enrolled: unknown[] }).enrolled).toEqual(
      DISKS.map((disk, i) => ({
        role: ['primary', 'secondary', 'journal'][i],
        serial: rig.disks[disk].serial,
        labelOffset: SIZES[disk] - 4096,
        replaced: null,
      })),
    );
    const labels = labelsOf(rig);
    for (const label of labels) expect(label.toString('latin1', 0, 8)).toBe('PLUGPULL');

    const campaign = await rig.run(['run', rig.file, ...out(1)]);
    expect(campaign.code, campaign.stdout + campaign.stderr).toBe(0);
    const verify = await rig.run(['verify', rig.file, '--json']);
    expect(verify.code, verify.stderr).toBe(0);
    expect(JSON.parse(verify.stdout)).toMatchObject({ equal: true, bytes: SIZES.p - 4096 });
    const resync = await rig.run(['resync', rig.file]);
    expect(resync.code, resync.stderr).toBe(0);
    expect(labelsOf(rig)).toEqual(labels);
    // The block before the label was written to: the area ends at the label, not before it.
    expect(bytesOf(rig, 'p', lastBlock('p') - 1, 1).readUInt32LE(0)).toBe(0x31535050);

    wipe(rig, 's');
    const wiped = await rig.run(['run', rig.file, ...out(2)]);
    expect(wiped.code, wiped.stderr).toBe(4);
    expect(wiped.stderr).toMatch(/secondary .*GATE_LABEL_MISSING/);
    const again = await rig.run(['enrol', rig.file, '--i-mean', rig.disks.s.serial]);
    expect(again.code, again.stderr).toBe(0);

    const file = readFileSync(rig.enrolled, 'utf8');
    expect((JSON.parse(file) as { disks: unknown[] }).disks).toHaveLength(3);
    rmSync(rig.enrolled);
    const forgotten = await rig.run(['verify', rig.file]);
    expect(forgotten.code, forgotten.stderr).toBe(4);
    expect(forgotten.stderr.match(/GATE_NOT_ENROLLED/g)).toHaveLength(3);
    expect(forgotten.stderr).not.toMatch(/GATE_LABEL/);
  });

  it.concurrent('is no longer written to when a label is erased during the campaign: INVALID, power on', async () => {
    const rig = await realRig(state.dir, 'wiped', { cycles: 20 });
    expect(
      (await rig.run(['enrol', rig.file, ...DISKS.flatMap((disk) => ['--i-mean', rig.disks[disk].serial])])).code,
    ).toBe(0);
    let wiped = false;
    const out = join(state.dir, 'out-wiped');
    const campaign = await rig.run(['run', rig.file, '--out', out], {
      onOutput: (stdout) => {
        if (wiped || !stdout.includes('cycle 0: PASS')) return;
        wiped = true;
        wipe(rig, 's');
      },
    });
    expect(campaign.code, campaign.stdout + campaign.stderr).toBe(3);
    const record = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as {
      verdict: string;
      counts: { PASS: number };
      troubles: string[];
    };
    expect(record.verdict).toBe('INVALID');
    expect(record.counts.PASS).toBeGreaterThan(0);
    expect(record.troubles.join()).toMatch(
      /refused \(1 finding\); nothing is written from here on\n.*\nsecondary .*GATE_LABEL_MISSING/,
    );
    // Nothing was written there after it was erased; a bench that checks only sizes would have written.
    expect(bytesOf(rig, 's', lastBlock('s'), 1).every((byte) => byte === 0)).toBe(true);
    expect((await rig.run(['relay', 'state', rig.file])).stdout.match(/ on /g)).toHaveLength(3);
  });
});
