/**
 * Promise: a campaign finds a disk that returns after a cut under another device name or late. It ends, and writes
 * nothing, when another disk has taken the name or when the disk does not return.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loopBackingFile } from '../../src/lab/losetup.js';
import { ALL_POWERED, boardRigText, canRunLab, CYCLES, runBoardRig, why } from './boardRig.js';
import { ownStateDir } from './labRig.js';

const state = ownStateDir();
const occupied: string[] = [];
/** Loop devices that another process took first. It may release them before the disk returns. */
const takenByOthers = new Set<string>();
afterAll(async () => {
  try {
    for (const loop of occupied) execFileSync('losetup', ['--detach', loop]);
  } finally {
    await state.clean();
  }
});

const LCUS = { type: 'lcus', channels: 4 };
const nodeOf = (rig: string, disk: string): string => realpathSync(join(state.dir, `lab-${rig}`, `disk-${disk}`));
const fault = (text: string): string => `, faults: [${text}]`;

describe.skipIf(!canRunLab)('a campaign', () => {
  it('passes when every disk returns under another device name', async () => {
    const name = 'elsewhere';
    const nodesBefore: string[][] = [];
    const nodesAfter: string[][] = [];
    const nodes = (): string[] => ['p', 's', 'j'].map((disk) => nodeOf(name, disk));
    const text = boardRigText({
      name,
      ...LCUS,
      disk: ', vanish: true',
      cuts: ['{ rails: [P, S, J], during: load, after: 150ms }', '{ rails: [P, S, J], during: recovery, after: 0s }'],
    });
    const ended = await runBoardRig(text, [
      {
        phase(_cycle, _from, to) {
          if (to === 'arm') nodesBefore.push(nodes());
          if (to === 'recover' && nodesAfter.length < nodesBefore.length) nodesAfter.push(nodes());
          // The lab has released the old loop devices. The test takes them before power returns.
          if (to === 'restore') for (const loop of nodesBefore.at(-1)!) occupy(loop);
        },
      },
    ]);
    expect(ended.verdicts, why(ended)).toEqual(Array(CYCLES).fill('PASS'));
    expect(ended.powered).toEqual(ALL_POWERED);
    expect(nodesAfter.length).toBeGreaterThanOrEqual(CYCLES);
    for (const [i, names] of nodesAfter.entries())
      expect(
        names.filter((loop) => nodesBefore[i].includes(loop) && !takenByOthers.has(loop)),
        `cut ${i}`,
      ).toEqual([]);
    expect(occupied.length).toBeGreaterThan(0);
  });
});

// These cases do not run side by side with the case above, which blocks this thread while it takes the loop devices.
describe.skipIf(!canRunLab).concurrent('a campaign', () => {
  it('passes when a disk returns late but before the deadline', async () => {
    const ended = await runBoardRig(
      boardRigText({ name: 'late', ...LCUS, disk: fault('{ class: late-return, delayMs: 700, everyCut: true }') }),
    );
    expect(ended.verdicts, why(ended)).toEqual(Array(CYCLES).fill('PASS'));
  });

  it('ends with DEVICE_NOT_BACK when a disk returns after the deadline', async () => {
    const deadlines = '{ cut: 5s, return: 1s, recover: 60s, judge: 60s, resync: 60s }';
    const ended = await runBoardRig(
      boardRigText({ name: 'too-late', ...LCUS, deadlines, disk: fault('{ class: late-return, delayMs: 8000 }') }),
    );
    expect(ended.verdicts, why(ended)).toEqual(['INVALID']);
    expect(ended.result?.problem).toMatchObject({ kind: 'hardware', code: 'DEVICE_NOT_BACK' });
  });

  it('ends and writes nothing when another disk has taken the name of a disk', async () => {
    const name = 'stranger';
    const stranger = join(state.dir, `lab-${name}`, 'image', 'x');
    let atCut: Buffer | null = null;
    let atEnd: Buffer | null = null;
    const text = boardRigText({
      name,
      ...LCUS,
      cuts: ['{ rails: [P, S, J], during: load, after: 150ms }'],
      disk: fault('{ class: wrong-device, with: x }'),
      moreDisks: '    x: { size: 4MiB, fedBy: "relay0:4" }\n',
    });
    const ended = await runBoardRig(text, [
      {
        cycleBegan: () => (atCut = readFileSync(stranger)),
        stepEnded: (step) => step === 'end' && (atEnd = readFileSync(stranger)),
      },
    ]);
    expect(ended.verdicts, why(ended)).toEqual(['INVALID']);
    expect(ended.result?.problem).toMatchObject({ kind: 'hardware', code: 'IDENTITY_CHANGED' });
    expect(ended.result?.problem?.text).toMatch(
      /primary is another device.*backingFile was .*device\/p, is .*device\/x/,
    );
    expect(atCut).not.toBeNull();
    expect(atEnd!.equals(atCut!)).toBe(true);
  });
});

/** Bounds a hang only. The lab detaches a loop device with a program, which takes a while to start. */
const DETACH_MS = 10_000;
const CHECK_EVERY_MS = 10;
const neverNotified = new Int32Array(new SharedArrayBuffer(4));

/**
 * Takes the loop device as soon as the lab has released it, as another disk of the host would. The caller runs in the
 * observer, so power does not return before this function does.
 */
function occupy(loop: string): void {
  if (occupied.includes(loop)) return;
  const file = join(state.dir, `occupant-${occupied.length}`);
  writeFileSync(file, Buffer.alloc(4096));
  for (let waitedMs = 0; waitedMs < DETACH_MS; waitedMs += CHECK_EVERY_MS) {
    const holder = loopBackingFile(loop);
    if (holder === null && tryLosetup(loop, file)) return void occupied.push(loop);
    if (holder !== null && !holder.startsWith(state.dir)) break;
    Atomics.wait(neverNotified, 0, 0, CHECK_EVERY_MS);
  }
  takenByOthers.add(loop);
}

/** Returns false while the loop device is not quite detached or another process holds it. */
function tryLosetup(loop: string, file: string): boolean {
  try {
    execFileSync('losetup', [loop, file], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
