/** `enrol` writes labels only to disks without data, once each serial was typed, and reports what it did not do. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { ownStateDir } from '../campaign/labRig.js';
import { inDisguise } from '../blockdev/disguise.js';
import { gpt } from '../gate/gptImage.js';
import { realRig, realRigText, type RealRig } from './realRig.js';

const state = ownStateDir();
afterAll(() => state.clean());

const AREA_BYTES = 4 * 2 ** 20;

function dd(...args: string[]): Buffer {
  return execFileSync('dd', ['bs=4096', 'status=none', ...args], { maxBuffer: 2 ** 24 });
}
const bytesOf = (node: string): Buffer => dd(`if=${node}`, 'iflag=direct');
const allOf = (rig: RealRig): Buffer => Buffer.concat(Object.values(rig.disks).map(({ node }) => bytesOf(node)));
const iMean = (rig: RealRig, ...disks: ('p' | 's' | 'j')[]): string[] =>
  disks.flatMap((disk) => ['--i-mean', rig.disks[disk].serial]);
const labelOf = (rig: RealRig, disk: 'p' | 's'): Buffer => bytesOf(rig.disks[disk].node).subarray(AREA_BYTES - 4096);

function put(node: string, bytes: Buffer, at: number): void {
  const fd = openSync(node, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
  execFileSync('blockdev', ['--flushbufs', node]);
}

it.concurrent(
  'a disk with a signature is not written to, also where only the backup GPT at its end is left',
  async () => {
    const rig = await realRig(state.dir, 'signed');
    put(rig.disks.p.node, gpt(AREA_BYTES).backup, AREA_BYTES - 33 * 512);
    const before = allOf(rig);
    const refused = await rig.run(['enrol', rig.file, ...iMean(rig, 'p', 's', 'j')]);
    expect(refused.code, refused.stderr).toBe(4);
    expect(refused.stderr).toMatch(/primary .*GATE_SIGNATURE +carries gpt at 0x3ffe00/);
    expect(allOf(rig).equals(before)).toBe(true);
    expect(existsSync(rig.enrolled)).toBe(false);
  },
);

it.concurrent(
  "another rig's disk is relabeled only with --relabel and its serial; then the other rig is refused",
  async () => {
    const rig = await realRig(state.dir, 'first');
    expect((await rig.run(['enrol', rig.file, ...iMean(rig, 'p', 's', 'j')])).code).toBe(0);
    const other = join(state.dir, 'second.yaml');
    writeFileSync(other, realRigText('first').replace('name: first', 'name: second'));
    const before = allOf(rig);
    const refused = await rig.run(['enrol', other, ...iMean(rig, 'p', 's', 'j')]);
    expect(refused.code).toBe(4);
    expect(refused.stderr.match(/GATE_LABEL_OTHER_RIG +belongs to rig "first" \(/g)).toHaveLength(3);
    const untyped = await rig.run(['enrol', other, '--relabel', ...iMean(rig, 'p', 's')]);
    expect(untyped.code, untyped.stderr).toBe(4);
    expect(allOf(rig).equals(before)).toBe(true);
    const taken = await rig.run(['enrol', other, '--relabel', '--json', ...iMean(rig, 'p', 's', 'j')]);
    expect(taken.code, taken.stderr).toBe(0);
    expect((JSON.parse(taken.stdout) as { enrolled: { replaced: string }[] }).enrolled[0].replaced).toMatch(
      /belongs to rig "first"/,
    );
    const formerOwner = await rig.run(['verify', rig.file]);
    expect(formerOwner.code).toBe(4);
    expect(formerOwner.stderr).toMatch(/GATE_LABEL_OTHER_RIG +belongs to rig "second"/);
  },
);

it.concurrent('a copy of an enrolled disk is not enrolled, although its serial is in the list', async () => {
  const rig = await realRig(state.dir, 'copied', { sectorSize: 512 });
  expect((await rig.run(['enrol', rig.file, ...iMean(rig, 'p', 's', 'j')])).code).toBe(0);
  dd(`if=${rig.disks.p.node}`, `of=${rig.disks.s.node}`, 'iflag=direct', 'oflag=direct', 'conv=fsync');
  const refused = await rig.run(['verify', rig.file]);
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain(
    `GATE_LABEL_OTHER_DISK  its label was written for serial ${rig.disks.p.serial}; this one has ${rig.disks.s.serial}`,
  );
  expect((await rig.run(['enrol', rig.file, ...iMean(rig, 's')])).code).toBe(4);
  expect((await rig.run(['enrol', rig.file, '--relabel', ...iMean(rig, 's')])).code).toBe(0);
  expect((await rig.run(['verify', rig.file])).stderr).not.toMatch(/GATE/);
});

it.concurrent(
  'a disk whose label cannot be written: those before it stay enrolled, the next enrol asks for the rest',
  async () => {
    const rig = await realRig(state.dir, 'failing', {
      faultsOfS: '{ class: error-once, afterFlushes: 1, lossProbability: 1 }',
    });
    const broken = await rig.run(['enrol', rig.file, ...iMean(rig, 'p', 's', 'j')]);
    expect(broken.code, broken.stderr).toBe(3);
    expect(broken.stderr).toMatch(/label of .*-s could not be written: EIO/);
    expect(broken.stderr).toContain(`Enrolled: primary ${rig.disks.p.serial}.`);
    expect((JSON.parse(readFileSync(rig.enrolled, 'utf8')) as { disks: unknown[] }).disks).toHaveLength(1);
    const tooMany = await rig.run(['enrol', rig.file, ...iMean(rig, 'p', 's', 'j')]);
    expect(tooMany.stderr).toContain(`no disk to enrol has the serial number "${rig.disks.p.serial}"`);
    const rest = await rig.run(['enrol', rig.file, ...iMean(rig, 's', 'j')]);
    expect(rest.code, rest.stderr).toBe(0);
    expect(labelOf(rig, 's').toString('latin1', 0, 8)).toBe('PLUGPULL');
  },
);

it.concurrent(
  'serials typed at a terminal: each disk is shown, a wrong serial changes nothing, the right ones enrol',
  async () => {
    const rig = await realRig(state.dir, 'typed');
    const serials = (['p', 's', 'j'] as const).map((disk) => rig.disks[disk].serial);
    const wrong = await typed(rig, [serials[0], `${serials[1]}X`]);
    expect(wrong.code, wrong.text).toBe(4);
    expect(wrong.text).toMatch(/EVERYTHING ON IT WILL BE OVERWRITTEN/);
    expect(wrong.text).toMatch(/secondary .*nothing was changed/);
    expect(allOf(rig).every((byte) => byte === 0)).toBe(true);
    expect(
      (await rig.run(['plan', rig.file])).stdout.match(
        /\(its label's 4\.0 KiB at the end are kept\), write cache: write-back, NOT ENROLLED/g,
      ),
    ).toHaveLength(3);
    const right = await typed(rig, serials);
    expect(right.code, right.text).toBe(0);
    expect(right.text).toContain(`labeled, and enrolled in ${rig.enrolled}`);
    expect((await rig.run(['enrol', rig.file])).stdout).toMatch(/nothing to enrol/);
    expect((await rig.run(['plan', rig.file])).stdout.match(/write cache: write-back, enrolled$/gm)).toHaveLength(3);
  },
);

/** Runs `enrol` on a pseudo terminal; types the next line at each prompt. */
function typed(rig: RealRig, lines: readonly string[]): Promise<{ code: number | null; text: string }> {
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  const [program, ...args] = inDisguise(Object.values(rig.disks));
  const command = `'${process.execPath}' '${main}' enrol '${rig.file}'`;
  const child = spawn(program, [...args, 'script', '--quiet', '--return', '--command', command, '/dev/null'], {
    stdio: 'pipe',
    timeout: 250_000,
  });
  let text = '';
  let asked = 0;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.split('Type its serial number').length - 1 <= asked || asked >= lines.length) return;
    child.stdin.write(`${lines[asked++]}\n`);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
}
