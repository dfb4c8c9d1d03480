/**
 * Judges one state: each journal image that a crash may leave now is recovered by the real recovery, and compared with
 * all contents that P and S may then hold.
 *
 * I1: in a region that is clean after recovery, every sector has one possible content on P and the same one on S. I2:
 * no possible content of a sector on P is older than what was acknowledged to the application. I4: if no journal I/O is
 * in flight, D consists of regions that have updates in flight, await resync or linger; at most hotRegions linger.
 *
 * One check per state covers power losses of any devices: if all three lose power, the possible contents include those
 * of every other case, because a device that keeps its power keeps its newest content, which is one of the possible
 * ones.
 */
import { crashImages, type CrashImage, type Tearing } from './crashImages.js';
import { differingRegions } from './worldMemory.js';
import { SECTORS_PER_REGION } from './stage.js';
import { Mix } from './stateHash.js';
import { FIRST_HOLDING, UNACKED } from '../tracker/core/recordLayout.js';
import type { Recovered } from './recoveries.js';
import type { World } from './world.js';

export interface Violation {
  rule: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'R12' | (string & {});
  detail: string;
  /** For I1: the parts of the pending journal writes that the crash left. */
  journal: number[] | null;
}

/** All outcomes of a crash for the journal in one state. */
export interface JournalView {
  outcomes: { crash: CrashImage; recovered: Recovered }[];
  /** One outcome for each different D. */
  distinct: { crash: CrashImage; recovered: Recovered }[];
  hash: number;
}

const VIEWS_MAX = 50_000;

export class CrashJudge {
  private readonly views = new Map<number, JournalView>();
  private readonly tearing: Tearing;

  constructor(tearing: Tearing) {
    this.tearing = tearing;
  }

  view(world: World): JournalView {
    const { journal, stage } = world;
    const m = new Mix().addNumber(journal.durable.hash);
    for (const w of journal.pending) m.addNumber(w.hash);
    const key = m.value;
    const known = this.views.get(key);
    if (known !== undefined) return known;
    if (this.views.size >= VIEWS_MAX) this.views.clear();
    const outcomes = crashImages(journal, this.tearing).map((crash) => ({
      crash,
      recovered: stage.recoveries.of(crash.image),
    }));
    const byMask = new Map<number, (typeof outcomes)[number]>();
    for (const o of outcomes) if (!byMask.has(o.recovered.dirtyMask)) byMask.set(o.recovered.dirtyMask, o);
    const view = { outcomes, distinct: [...byMask.values()], hash: key };
    this.views.set(key, view);
    return view;
  }

  /** The first violation, or null. */
  judge(world: World, view = this.view(world)): Violation | null {
    return this.durability(world) ?? this.lostIndicator(world, view) ?? unsetIndicator(world) ?? boundedExcess(world);
  }

  private durability(world: World): Violation | null {
    const [p] = world.areas;
    for (let s = 0; s < p.sectorCount; s++) {
      const older = p.possible(s) & (2 ** world.floor[s] - 1);
      if (older === 0) continue;
      const detail = `u${world.floor[s]} was acknowledged to the application; after the crash sector ${s} of P can hold ${versionsText(p.possible(s))}`;
      return { rule: 'I2', detail, journal: null };
    }
    return null;
  }

  private lostIndicator(world: World, view: JournalView): Violation | null {
    const different = differingRegions(world);
    const [p, s] = world.areas;
    if (different === 0) return null;
    for (const { crash, recovered } of view.distinct) {
      const lost = different & ~recovered.dirtyMask;
      if (lost === 0) continue;
      const region = 31 - Math.clz32(lost & -lost);
      const sector = firstDifferent(world, region);
      const detail =
        `region ${region} is clean after recovery (D = ${regionsText(recovered.dirtyMask)}), but sector ${sector} can be ` +
        `${versionsText(p.possible(sector))} on P and ${versionsText(s.possible(sector))} on S`;
      return { rule: 'I1', detail, journal: crash.patterns };
    }
    return null;
  }
}

function firstDifferent(world: World, region: number): number {
  const [p, s] = world.areas;
  for (let k = region * SECTORS_PER_REGION; ; k++) {
    const onP = p.possible(k);
    if ((onP & (onP - 1)) !== 0 || onP !== s.possible(k)) return k;
  }
}

/** R1, R8: while the engine runs, the indicator of every region that may differ is 1. */
function unsetIndicator(world: World): Violation | null {
  const { state, ready } = world.core;
  if (state.primaryLost || state.journalLost || !ready) return null;
  const different = differingRegions(world);
  for (let r = 0; r < state.regionCount; r++) {
    if (((different >>> r) & 1) === 0 || state.indicators.has(r)) continue;
    return { rule: 'R8', detail: `P and S may differ in region ${r}, and its indicator is 0`, journal: null };
  }
  return null;
}

/** I4, in states without journal I/O in flight: each region in D must have a reason. */
function boundedExcess(world: World): Violation | null {
  const { core, journal } = world;
  const { state, log, pages, evidence } = core;
  if (!world.pumped || state.journalLost || !core.ready || journal.pending.length > 0) return null;
  if (log.openRecords > 0 || log.inFlight > 0 || log.tailUnsaid || pages.pendingGroups > 0) return null;
  // Evidence that was dropped under log pressure gets no release record; it stays until the tail moves past it.
  if (core.counters.pressureDrops > 0) return null;
  const d = world.stage.recoveries.of(journal.durable).dirtyMask;
  let reason = 0;
  for (let r = 0; r < state.regionCount; r++) {
    const e = state.regions.find(r);
    const held = e >= 0 && (state.held.memory[e + FIRST_HOLDING] >= 0 || state.regions.memory[e + UNACKED] > 0);
    if (held || pages.awaiting.has(r)) reason |= 1 << r;
  }
  if ((d & ~reason) !== 0) {
    return {
      rule: 'I4',
      detail: `no journal I/O is in flight and D = ${regionsText(d)}, but only ${regionsText(reason)} have a reason`,
      journal: [],
    };
  }
  if (evidence.hotRegions > state.config.hotRegions) {
    return {
      rule: 'I4',
      detail: `${evidence.hotRegions} regions linger, the limit is ${state.config.hotRegions}`,
      journal: [],
    };
  }
  return null;
}

export function regionsText(mask: number): string {
  const list: number[] = [];
  for (let r = 0; r < 32; r++) if ((mask >>> r) & 1) list.push(r);
  return `{${list.join(' ')}}`;
}

export function versionsText(set: number): string {
  const list: string[] = [];
  for (let v = 0; v < 32; v++) if ((set >>> v) & 1) list.push(v === 0 ? 'old' : `u${v}`);
  return list.join(' or ');
}
