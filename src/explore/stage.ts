/** What worlds are made of: the engine's parts with the seams at which a mutant comes in, and what is shared between worlds. */
import { Core } from '../tracker/core/core.js';
import { CORE_PARTS, type CoreParts } from '../tracker/core/coreStatus.js';
import type { CoreCounters } from '../tracker/core/state.js';
import type { JournalLayout } from '../tracker/journal/layout.js';
import { encodeCommit } from '../tracker/journal/logBlock.js';
import { encodePage } from '../tracker/journal/indicatorArea.js';
import { BlockStore } from './blockStore.js';
import type { EffectCounters } from './effectCounters.js';
import { expectedJournal, formattedJournal, layoutOf, type Scene } from './geometry.js';
import { imageOf, type JournalImage } from './journalDevice.js';
import { Recoveries, type Recover } from './recoveries.js';

/** What the world is built of; a mutant replaces one of these. */
export interface WorldParts {
  core: CoreParts;
  CoreClass: typeof Core;
  encodeCommit: typeof encodeCommit;
  encodePage: typeof encodePage;
  recover?: Recover;
  /** The engine's duties at the devices that are not the core's. */
  driver: { flushOnRecovery: boolean; loadRecovered: boolean; tellLostPower: boolean };
}

export const REAL_PARTS: WorldParts = {
  core: CORE_PARTS,
  CoreClass: Core,
  encodeCommit,
  encodePage,
  driver: { flushOnRecovery: true, loadRecovered: true, tellLostPower: true },
};

/** What all worlds of one scene and one engine share. */
export interface Stage {
  scene: Scene;
  parts: WorldParts;
  layout: JournalLayout;
  store: BlockStore;
  recoveries: Recoveries;
  formatted: JournalImage;
  effects: EffectCounters;
  /** Counters of the cores that are gone. */
  coreCounters: CoreCounters[];
}

export function createStage(scene: Scene, parts: WorldParts, effects: EffectCounters): Stage {
  const store = new BlockStore();
  return {
    scene,
    parts,
    layout: layoutOf(scene),
    store,
    recoveries: new Recoveries(expectedJournal(scene), store, parts.recover),
    formatted: imageOf(formattedJournal(scene), store),
    effects,
    coreCounters: [],
  };
}

/** A rule that the engine broke on the way, before any crash. */
export class ProtocolBreach extends Error {
  readonly rule: string;
  constructor(rule: string, message: string) {
    super(message);
    this.name = 'ProtocolBreach';
    this.rule = rule;
  }
}
