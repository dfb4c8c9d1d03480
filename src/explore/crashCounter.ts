/**
 * Counts crash states: (journal image, content of P, content of S). CrashJudge checks all of them at once, by sets;
 * here they are enumerated one by one, so that the number of different ones is a count and not an estimate.
 */
import { addHash } from './journalDevice.js';
import type { DataDevice } from './dataDevice.js';
import type { JournalView } from './invariants.js';
import { Mix, StateSet } from './stateHash.js';
import type { World } from './world.js';

/**
 * Contents of P and S that are enumerated for one state and journal image; further ones are not counted as distinct.
 */
const CONTENTS_MAX = 64;

const contentHashes = new Map<number, number>();

function contentHash(area: number, sector: number, version: number): number {
  const key = (area * 64 + sector) * 64 + version;
  let h = contentHashes.get(key);
  if (h === undefined) contentHashes.set(key, (h = new Mix().add(key).add(77).value));
  return h;
}

export class CrashCounter {
  /** Crash states judged; equal ones in different states count again. */
  judged = 0;
  readonly distinct = new StateSet(18);
  private readonly families = new StateSet(16);

  count(world: World, view: JournalView): void {
    const [p, s] = world.areas;
    const m = new Mix().addNumber(view.hash);
    let contents = 1;
    for (const a of [p, s]) {
      for (let k = 0; k < a.sectorCount; k++) {
        const set = a.possible(k);
        m.add(set);
        contents *= bits(set);
      }
    }
    this.judged += contents * view.outcomes.length;
    if (!this.families.add(m.value)) return;
    for (const hash of contentsOf([p, s], contents)) {
      for (const { crash } of view.outcomes) this.distinct.add(addHash(crash.image.hash, hash));
    }
  }
}

function contentsOf(areas: readonly DataDevice[], total: number): number[] {
  let fixed = 0;
  const open: number[][] = [];
  areas.forEach((a, index) => {
    for (let k = 0; k < a.sectorCount; k++) {
      const versions = versionsIn(a.possible(k));
      if (versions.length === 1) fixed = addHash(fixed, contentHash(index, k, versions[0]));
      else open.push(versions.map((v) => contentHash(index, k, v)));
    }
  });
  const list: number[] = [];
  const step = Math.max(1, total / CONTENTS_MAX);
  for (let i = 0; i < total; i += step) {
    let rest = Math.floor(i);
    let hash = fixed;
    for (const choices of open) {
      hash = addHash(hash, choices[rest % choices.length]);
      rest = Math.floor(rest / choices.length);
    }
    list.push(hash);
  }
  return list;
}

function versionsIn(set: number): number[] {
  const list: number[] = [];
  for (let rest = set; rest !== 0; rest &= rest - 1) list.push(31 - Math.clz32(rest & -rest));
  return list;
}

function bits(set: number): number {
  let n = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) n++;
  return n;
}
