/**
 * At a point that names a state, the dark disks are in it: read from their durable images. A disk that keeps its cache
 * shows all that had completed, one that drops it shows what was durable.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { atThePoint, copiesOf, recovered, regionOf, sectorsOf, type AtThePoint } from './atThePoint.js';
import { ownStateDir } from './labRig.js';

const state = ownStateDir();
afterAll(() => state.clean());

const KEEP = { p: 'keep', s: 'keep', j: 'drop' } as const;
const DROP = { p: 'drop', s: 'drop', j: 'drop' } as const;
/**
 * No flush is on its way while new updates are: one that was sent before a write may be done after it, and a disk's cache
 * has then lost nothing.
 */
const FEW_FLUSHES = 'flushEvery: 4096, flushInterval: 200ms';
const all = (at: string): string => `{ rails: [P, S, J], at: ${at}, after: 80ms }`;

/** Sectors of the point's update on P and on S, and whether each of its regions would be found dirty. */
function update(one: AtThePoint) {
  const { subject } = one.cut.reached!;
  expect(subject.updateId).toBeGreaterThan(0);
  const { updateId, offsetBytes, lengthBytes } = subject;
  const regionBytes = one.rig.tracking.regionBytes;
  const { dirty } = recovered(one, one.dark.j);
  const first = Math.floor(offsetBytes / regionBytes);
  const last = Math.floor((offsetBytes + lengthBytes - 1) / regionBytes);
  const whole = lengthBytes / 512;
  return {
    onP: sectorsOf(one.dark.p, updateId, offsetBytes, lengthBytes) / whole,
    onS: sectorsOf(one.dark.s, updateId, offsetBytes, lengthBytes) / whole,
    hasEvidence: Array.from({ length: last - first + 1 }, (_, i) => dirty.has(first + i)).every(Boolean),
  };
}

describe.concurrent('a held cut point of the load', () => {
  it.each([
    ['evidence-durable', KEEP, { onP: 0, onS: 0, hasEvidence: true }],
    ['primary-only', KEEP, { onP: 1, onS: 0, hasEvidence: true }],
    ['secondary-only', KEEP, { onP: 0, onS: 1, hasEvidence: true }],
    // Both have it, and on neither is it durable: no flush went out behind it.
    ['both-completed', KEEP, { onP: 1, onS: 1, hasEvidence: true }],
    ['both-completed', DROP, { onP: 0, onS: 0, hasEvidence: true }],
  ])('%s', async (at, kill, expected) => {
    const one = await atThePoint(`stand-${at}-${kill.p}`.slice(0, 32), all(at), kill, FEW_FLUSHES);
    expect(one.cut.reached).toMatchObject({ at, held: true });
    expect(update(one)).toEqual(expected);
  });

  it('release-durable: the journal has let go of regions, and no others differ', async () => {
    const one = await atThePoint('stand-release', all('release-durable'), DROP, 'linger: 0s, hotRegions: 0');
    const { dirty, fromLog } = recovered(one, one.dark.j);
    const written = new Set<number>();
    for (let r = 0; r < 512; r++)
      if (!regionOf(one.dark.p, r, one.rig).equals(regionOf(one.before.p, r, one.rig))) written.add(r);
    expect(fromLog).toBeGreaterThan(0);
    expect([...written].some((r) => !dirty.has(r))).toBe(true);
    const differing = [...written].filter(
      (r) => !regionOf(one.dark.p, r, one.rig).equals(regionOf(one.dark.s, r, one.rig)),
    );
    expect(differing.filter((r) => !dirty.has(r))).toEqual([]);
  });

  it('mark-copies: one copy of the page has the regions durably, the other does not', async () => {
    const one = await atThePoint('stand-mark', all('mark-copies'), KEEP);
    // A log that was nearly full may have marked some before.
    const [older, newer] = copiesOf(one, one.dark.j).sort((a, b) => a.length - b.length);
    expect(newer.length).toBeGreaterThan(older.length);
    expect(older.filter((r) => !newer.includes(r))).toEqual([]);
  });
});

describe.concurrent('a held cut point of the resynchronization', () => {
  const changedOnS = (one: AtThePoint): number[] => {
    const regions = [...recovered(one, one.before.j).dirty.regions()];
    return regions.filter((r) => !regionOf(one.dark.s, r, one.rig).equals(regionOf(one.before.s, r, one.rig)));
  };

  it('copy-read: the region was read, S has nothing of it', async () => {
    const one = await atThePoint('stand-read', '{ rails: [P, S, J], at: copy-read }', { ...KEEP, j: 'keep' });
    const { subject } = one.cut.reached!;
    expect(subject).toMatchObject({ kind: 'copy-write', area: 'secondary' });
    expect(changedOnS(one)).not.toContain(subject.offsetBytes / one.rig.tracking.regionBytes);
    expect([...recovered(one, one.dark.j).dirty.regions()]).toEqual([...recovered(one, one.before.j).dirty.regions()]);
  });

  it('copy-durable: S has regions of P durably, and nothing in the journal says that they are clean', async () => {
    const one = await atThePoint('stand-copy', '{ rails: [P, S, J], at: copy-durable }', { ...DROP, j: 'keep' });
    const copied = changedOnS(one);
    expect(copied.length).toBeGreaterThan(0);
    expect(copied.every((r) => regionOf(one.dark.s, r, one.rig).equals(regionOf(one.dark.p, r, one.rig)))).toBe(true);
    expect(copiesOf(one, one.dark.j)).toEqual(copiesOf(one, one.before.j));
  });

  it('clear-copies: one copy of the page is cleared durably, the other still holds the regions', async () => {
    const one = await atThePoint('stand-clear', '{ rails: [P, S, J], at: clear-copies }', DROP);
    const [a, b] = copiesOf(one, one.dark.j);
    const [before] = copiesOf(one, one.before.j);
    expect([a.length, b.length]).toContain(before.length);
    const cleared = before.filter((r) => !a.includes(r) || !b.includes(r));
    expect(cleared.length).toBeGreaterThan(0);
    expect(cleared.every((r) => regionOf(one.dark.s, r, one.rig).equals(regionOf(one.dark.p, r, one.rig)))).toBe(true);
  });

  it('clear-durable: both copies of the page are cleared of regions that are durable and equal', async () => {
    const one = await atThePoint('stand-cleared', '{ rails: [P, S, J], at: clear-durable }', DROP);
    const [a, b] = copiesOf(one, one.dark.j);
    const cleared = copiesOf(one, one.before.j)[0].filter((r) => !a.includes(r) && !b.includes(r));
    expect(cleared.length).toBeGreaterThan(0);
    expect(cleared.every((r) => regionOf(one.dark.s, r, one.rig).equals(regionOf(one.dark.p, r, one.rig)))).toBe(true);
  });
});

describe.concurrent('a held cut point of the recovery', () => {
  it('dirty-read: D was found in the log, and the journal is byte for byte as it was', async () => {
    const one = await atThePoint('stand-dirty', '{ rails: [P, S, J], at: dirty-read }', { ...KEEP, j: 'keep' });
    expect(recovered(one, one.before.j).fromLog).toBeGreaterThan(0);
    expect(one.dark.j.equals(one.before.j)).toBe(true);
  });
});
