/**
 * Promise: after a cut at a point that names a state, the disks are in that state. The test reads the durable images of
 * the disks while they are powered off. A disk that keeps its cache at the cut shows every completed write. A disk that
 * drops its cache shows only the durable writes.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { copiesOf, recovered, regionOf, runToCutPoint, sectorsOf, type CutPointRun } from './cutPointImages.js';
import { ownStateDir } from './labRig.js';

const state = ownStateDir();
afterAll(() => state.clean());

const KEEP = { p: 'keep', s: 'keep', j: 'drop' } as const;
const DROP = { p: 'drop', s: 'drop', j: 'drop' } as const;
/**
 * Keeps flushes away from the first updates of the load. A disk may execute a flush after a write that was sent later
 * than the flush; the cache then has nothing left to lose.
 */
const FEW_FLUSHES = 'flushEvery: 4096, flushInterval: 1s';
const atFirstUpdate = (at: string): string => `{ rails: [P, S, J], at: ${at}, after: 0ms }`;
const cutOfAllRails = (at: string): string => `{ rails: [P, S, J], at: ${at}, after: 80ms }`;

/** The share of the update's sectors on P and on S, and whether recovery finds each of its regions dirty. */
function updateAtPoint(run: CutPointRun) {
  const { subject } = run.cut.reached!;
  expect(subject.updateId).toBeGreaterThan(0);
  const { updateId, offsetBytes, lengthBytes } = subject;
  const regionBytes = run.rig.tracking.regionBytes;
  const { dirty } = recovered(run, run.poweredOff.j);
  const first = Math.floor(offsetBytes / regionBytes);
  const last = Math.floor((offsetBytes + lengthBytes - 1) / regionBytes);
  const sectors = lengthBytes / 512;
  return {
    onP: sectorsOf(run.poweredOff.p, updateId, offsetBytes, lengthBytes) / sectors,
    onS: sectorsOf(run.poweredOff.s, updateId, offsetBytes, lengthBytes) / sectors,
    hasEvidence: Array.from({ length: last - first + 1 }, (_, i) => dirty.has(first + i)).every(Boolean),
  };
}

describe.concurrent('at a cut point of the load the disks are in its state', () => {
  it.each([
    ['evidence-durable', KEEP, { onP: 0, onS: 0, hasEvidence: true }],
    ['primary-only', KEEP, { onP: 1, onS: 0, hasEvidence: true }],
    ['secondary-only', KEEP, { onP: 0, onS: 1, hasEvidence: true }],
    // Both disks have the update, and it is durable on neither: no flush followed it.
    ['both-completed', KEEP, { onP: 1, onS: 1, hasEvidence: true }],
    ['both-completed', DROP, { onP: 0, onS: 0, hasEvidence: true }],
  ])('%s', async (at, kill, expected) => {
    const run = await runToCutPoint(`point-${at}-${kill.p}`.slice(0, 32), atFirstUpdate(at), kill, FEW_FLUSHES);
    expect(run.cut.reached).toMatchObject({ at, held: true });
    expect(updateAtPoint(run)).toEqual(expected);
  });

  it('release-durable: the journal has released regions, and every region outside the dirty set is equal', async () => {
    const run = await runToCutPoint(
      'point-release',
      cutOfAllRails('release-durable'),
      DROP,
      'linger: 0s, hotRegions: 0',
    );
    const { dirty, fromLog } = recovered(run, run.poweredOff.j);
    const written = new Set<number>();
    for (let r = 0; r < 512; r++)
      if (!regionOf(run.poweredOff.p, r, run.rig).equals(regionOf(run.before.p, r, run.rig))) written.add(r);
    expect(fromLog).toBeGreaterThan(0);
    expect([...written].some((r) => !dirty.has(r))).toBe(true);
    const differing = [...written].filter(
      (r) => !regionOf(run.poweredOff.p, r, run.rig).equals(regionOf(run.poweredOff.s, r, run.rig)),
    );
    expect(differing.filter((r) => !dirty.has(r))).toEqual([]);
  });

  it('mark-copies: one copy of the page marks the regions durably, and the other does not', async () => {
    const run = await runToCutPoint('point-mark', cutOfAllRails('mark-copies'), KEEP);
    // A log that was nearly full may have had some regions marked earlier, in both copies.
    const [older, newer] = copiesOf(run, run.poweredOff.j).sort((a, b) => a.length - b.length);
    expect(newer.length).toBeGreaterThan(older.length);
    expect(older.filter((r) => !newer.includes(r))).toEqual([]);
  });
});

describe.concurrent('at a cut point of the resync the disks are in its state', () => {
  const changedOnS = (run: CutPointRun): number[] => {
    const regions = [...recovered(run, run.before.j).dirty.regions()];
    return regions.filter((r) => !regionOf(run.poweredOff.s, r, run.rig).equals(regionOf(run.before.s, r, run.rig)));
  };

  it('copy-read: the engine has read the region from P, and S is unchanged', async () => {
    const run = await runToCutPoint('point-read', '{ rails: [P, S, J], at: copy-read }', { ...KEEP, j: 'keep' });
    const { subject } = run.cut.reached!;
    expect(subject).toMatchObject({ kind: 'copy-write', area: 'secondary' });
    expect(changedOnS(run)).not.toContain(subject.offsetBytes / run.rig.tracking.regionBytes);
    expect([...recovered(run, run.poweredOff.j).dirty.regions()]).toEqual([
      ...recovered(run, run.before.j).dirty.regions(),
    ]);
  });

  it('copy-durable: S has regions of P durably, and the journal still marks them dirty', async () => {
    const run = await runToCutPoint('point-copy', '{ rails: [P, S, J], at: copy-durable }', { ...DROP, j: 'keep' });
    const copied = changedOnS(run);
    expect(copied.length).toBeGreaterThan(0);
    expect(
      copied.every((r) => regionOf(run.poweredOff.s, r, run.rig).equals(regionOf(run.poweredOff.p, r, run.rig))),
    ).toBe(true);
    expect(copiesOf(run, run.poweredOff.j)).toEqual(copiesOf(run, run.before.j));
  });

  it('clear-copies: one copy of the page is cleared durably, and the other still marks the regions', async () => {
    const run = await runToCutPoint('point-clear', '{ rails: [P, S, J], at: clear-copies }', DROP);
    const [a, b] = copiesOf(run, run.poweredOff.j);
    const [before] = copiesOf(run, run.before.j);
    expect([a.length, b.length]).toContain(before.length);
    const cleared = before.filter((r) => !a.includes(r) || !b.includes(r));
    expect(cleared.length).toBeGreaterThan(0);
    expect(
      cleared.every((r) => regionOf(run.poweredOff.s, r, run.rig).equals(regionOf(run.poweredOff.p, r, run.rig))),
    ).toBe(true);
  });

  it('clear-durable: both copies of the page are cleared, and the cleared regions are durable and equal', async () => {
    const run = await runToCutPoint('point-cleared', '{ rails: [P, S, J], at: clear-durable }', DROP);
    const [a, b] = copiesOf(run, run.poweredOff.j);
    const cleared = copiesOf(run, run.before.j)[0].filter((r) => !a.includes(r) && !b.includes(r));
    expect(cleared.length).toBeGreaterThan(0);
    expect(
      cleared.every((r) => regionOf(run.poweredOff.s, r, run.rig).equals(regionOf(run.poweredOff.p, r, run.rig))),
    ).toBe(true);
  });
});

describe.concurrent('at a cut point of the recovery the disks are in its state', () => {
  it('dirty-read: recovery has found dirty regions in the log, and the journal is unchanged', async () => {
    const run = await runToCutPoint('point-dirty', '{ rails: [P, S, J], at: dirty-read }', { ...KEEP, j: 'keep' });
    expect(recovered(run, run.before.j).fromLog).toBeGreaterThan(0);
    expect(run.poweredOff.j.equals(run.before.j)).toBe(true);
  });
});
