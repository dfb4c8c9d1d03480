/** What power does to names: a disk returns under another number, late, as another disk, or never. */
import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loopBackingFile } from '../../src/lab/losetup.js';
import { ALL_POWERED, boardRigText, canRunLab, CYCLES, runBoardRig, why } from './boardRig.js';
import { ownStateDir } from './labRig.js';

const state = ownStateDir();
const occupied: string[] = [];
/** Numbers that somebody else was faster to take: he may have given them back by the time the disk returns. */
const lost = new Set<string>();
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
  it('passes when every disk that was cut comes back under another number', async () => {
    const name = 'elsewhere';
    const before: string[][] = [];
    const after: string[][] = [];
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
          if (to === 'arm') before.push(nodes());
          if (to === 'recover' && after.length < before.length) after.push(nodes());
          // Nobody holds the old numbers now: somebody else takes them before power is back.
          if (to === 'restore') for (const loop of before.at(-1)!) occupy(loop);
        },
      },
    ]);
    expect(ended.verdicts, why(ended)).toEqual(Array(CYCLES).fill('PASS'));
    expect(ended.powered).toEqual(ALL_POWERED);
    expect(after.length).toBeGreaterThanOrEqual(CYCLES);
    for (const [i, names] of after.entries())
      expect(
        names.filter((loop) => before[i].includes(loop) && !lost.has(loop)),
        `cut ${i}`,
      ).toEqual([]);
    expect(occupied.length).toBeGreaterThan(0);
  });
});

// Not beside the case above: that one blocks this thread while it takes the loop devices.
describe.skipIf(!canRunLab).concurrent('a campaign', () => {
  it('passes when a disk is back late, but in time', async () => {
    const ended = await runBoardRig(
      boardRigText({ name: 'late', ...LCUS, disk: fault('{ class: late-return, delayMs: 700, everyCut: true }') }),
    );
    expect(ended.verdicts, why(ended)).toEqual(Array(CYCLES).fill('PASS'));
  });

  it('ends with what is missing when a disk is back too late', async () => {
    const deadlines = '{ cut: 5s, return: 1s, recover: 60s, judge: 60s, resync: 60s }';
    const ended = await runBoardRig(
      boardRigText({ name: 'too-late', ...LCUS, deadlines, disk: fault('{ class: late-return, delayMs: 8000 }') }),
    );
    expect(ended.verdicts, why(ended)).toEqual(['INVALID']);
    expect(ended.result?.problem).toMatchObject({ kind: 'hardware', code: 'DEVICE_NOT_BACK' });
  });

  it('writes nothing to a stranger that has taken the name of a disk', async () => {
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

/** Bounds a hang only: the lab detaches with a program that has to start first. */
const DETACH_MS = 10_000;
const LOOK_EVERY_MS = 10;
const nothing = new Int32Array(new SharedArrayBuffer(4));

/** As another disk of the host would, once the lab has let go of the number: power is not back before this returns. */
function occupy(loop: string): void {
  if (occupied.includes(loop)) return;
  const file = join(state.dir, `occupant-${occupied.length}`);
  writeFileSync(file, Buffer.alloc(4096));
  for (let waitedMs = 0; waitedMs < DETACH_MS; waitedMs += LOOK_EVERY_MS) {
    const holder = loopBackingFile(loop);
    if (holder === null && tryLosetup(loop, file)) return void occupied.push(loop);
    if (holder !== null && !holder.startsWith(state.dir)) break;
    Atomics.wait(nothing, 0, 0, LOOK_EVERY_MS);
  }
  lost.add(loop);
}

/** False: it is not quite detached yet, or somebody else has it. */
function tryLosetup(loop: string, file: string): boolean {
  try {
    execFileSync('losetup', [loop, file], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
