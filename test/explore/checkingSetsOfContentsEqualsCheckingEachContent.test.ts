/**
 * CrashJudge checks sets of possible contents. Here every subset of blocks and every content is checked one by one, on
 * short histories of the real engine and of mutants: both find violations in the same states. Also: recovery with
 * cached blocks equals recovery from bytes, and the patterns of tearing have all outcomes of the 2^16 subsets of a
 * commit.
 */
import { expect, it } from 'vitest';
import { crashImages } from '../../src/explore/crashImages.js';
import type { DataDevice } from '../../src/explore/dataDevice.js';
import { EffectCounters, SCENES, SECTORS_PER_REGION } from '../../src/explore/stage.js';
import { CrashJudge } from '../../src/explore/invariants.js';
import { mutantNamed } from '../../src/explore/mutants/index.js';
import { randomWalk } from '../../src/explore/randomWalk.js';
import { completeAllIo } from '../../src/explore/replay.js';
import { createStage, REAL_PARTS, World, type WorldParts } from '../../src/explore/world.js';
import { createPrng } from '../../src/base/prng.js';

/** All contents that a power loss may leave, computed from the lists of writes: any subset, in any order. */
function contentsOf(device: DataDevice): Set<string> {
  let found = new Set<string>(['']);
  for (let s = 0; s < device.sectorCount; s++) {
    const options = new Set<number>();
    for (let v = 0; v < 32; v++) if ((device.durable[s] >>> v) & 1) options.add(v);
    for (const w of [...device.cached, ...(device.dead ? [] : device.flying)])
      if ((w.values[s] ?? -1) >= 0) options.add(w.values[s]);
    found = new Set([...found].flatMap((f) => [...options].map((v) => `${f}${v},`)));
  }
  return found;
}

function concretelyLost(world: World): boolean {
  const [p, s] = world.areas.map((a) => [...contentsOf(a)].map((c) => c.split(',').slice(0, -1)));
  for (const { image } of crashImages(world.journal, 'sector')) {
    const { dirtyMask } = world.stage.recoveries.of(image);
    for (const onP of p) {
      for (const onS of s) {
        if (onP.some((v, k) => v !== onS[k] && ((dirtyMask >>> Math.floor(k / SECTORS_PER_REGION)) & 1) === 0))
          return true;
      }
    }
  }
  return false;
}

/** A judge that finds no violation, so that a walk does not end early. */
class Blind extends CrashJudge {
  override judge(): null {
    return null;
  }
}

function walks(parts: WorldParts, count: number, onState: (world: World, judge: CrashJudge) => void): void {
  for (let seed = 1; seed <= count; seed++) {
    const world = new World(createStage(SCENES[seed % 2], parts, new EffectCounters()));
    completeAllIo(world);
    const judge = new CrashJudge('sector');
    randomWalk(world, new Blind('sector'), createPrng(seed), 25, { onState: (w) => onState(w, judge) });
  }
}

it.each(['real', 'data-before-evidence', 'recovers-map-alone'])(
  'engine %s: the check of sets equals the check of single contents',
  (name) => {
    let compared = 0;
    let lost = 0;
    walks(name === 'real' ? REAL_PARTS : mutantNamed(name).parts, 6, (world, judge) => {
      if (world.areas.some((a) => contentsOf(a).size > 64)) return;
      const bySets = judge.judge(world)?.rule === 'I1';
      if (judge.judge(world)?.rule === 'I2') return;
      expect(bySets).toBe(concretelyLost(world));
      compared++;
      if (bySets) lost++;
    });
    expect(compared).toBeGreaterThan(5);
    if (name === 'real') expect(lost).toBe(0);
    else expect(lost).toBeGreaterThan(0);
  },
);

it('recovery with cached blocks equals recovery from bytes', () => {
  let n = 0;
  walks(REAL_PARTS, 4, (world, judge) => {
    if (n++ % 5 !== 0) return;
    for (const { crash, recovered } of judge.view(world).outcomes.slice(0, 6))
      expect(world.stage.recoveries.fromBytes(crash.image)).toEqual(recovered);
  });
  expect(n).toBeGreaterThan(20);
});

it('the patterns have every outcome of the 2^16 subsets of a commit in flight', () => {
  const world = new World(createStage(SCENES[0], REAL_PARTS, new EffectCounters()));
  completeAllIo(world);
  world.take({ do: 'write', transaction: 0, sector: 0, sectors: 2 });
  const outcomes = (tearing: 'sector' | 'every'): Set<string> =>
    new Set(
      crashImages(world.journal, tearing).map(({ image }) => {
        const r = world.stage.recoveries.of(image);
        return `${r.dirtyMask} ${r.damaged} ${r.firstSequence}`;
      }),
    );
  expect(world.journal.pending).toHaveLength(1);
  expect(outcomes('every')).toEqual(outcomes('sector'));
});
