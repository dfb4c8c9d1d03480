/**
 * What all worlds of an exploration share: the small rig (sizes, identity, formatted journal), the parts of the engine
 * that a mutant may replace, and the counters of effects.
 */
import type { CoreConfig } from '../tracker/core/config.js';
import { IndicatorMap } from '../tracker/core/indicatorMap.js';
import type { JournalIdentity } from '../tracker/journal/block.js';
import { formatSteps, type ExpectedJournal } from '../tracker/journal/format.js';
import {
  BLOCK_BYTES,
  BLOCKS_PER_UNIT,
  type JournalLayout,
  journalLayout,
  LOG_BYTES_MIN,
  RECORDS_PER_BLOCK,
  REGIONS_PER_GROUP,
} from '../tracker/journal/layout.js';
import { Core } from '../tracker/core/core.js';
import { CORE_PARTS, type CoreParts } from '../tracker/core/coreStatus.js';
import type { CoreCounters } from '../tracker/core/state.js';
import { encodeCommit } from '../tracker/journal/logBlock.js';
import { encodePage } from '../tracker/journal/indicatorArea.js';
import { BlockStore, imageOf, type JournalImage } from './journalDevice.js';
import { Recoveries, type Recover } from './recoveries.js';

export const SECTOR_BYTES = 512;
export const SECTORS_PER_REGION = 2;
const REGION_BYTES = SECTORS_PER_REGION * SECTOR_BYTES;

const RIG_UUID = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);
export const IDENTITY: JournalIdentity = { rigUuid: RIG_UUID, formatEpoch: 1 };

/** A configuration to explore. Its numbers are small, so that a few steps reach its limits. */
export interface Scene {
  name: string;
  regions: number;
  /** Both copies of the log ring. The smallest ring is nearly full after a few commits. */
  logBytes: number;
  mode: 'sync' | 'async';
  acknowledge: 'durable' | 'completed';
  durableOnCompletion: { primary: boolean; secondary: boolean; journal: boolean };
  updateSlots: number;
  regionReferences: number;
  transactionSlots: number;
  hotRegions: number;
  lingerMs: number;
  ackTimeoutMs: number;
  groupCommitMs: number;
  flushEveryWrites: number;
  flushIntervalMs: number;
  /** Whether a flush is submitted although writes are in flight that could join it. */
  flushPays: boolean;
  commitsInFlight: number;
}

const DEFAULT_SCENE: Scene = {
  name: 'sync',
  regions: 2,
  logBytes: LOG_BYTES_MIN,
  mode: 'sync',
  acknowledge: 'durable',
  durableOnCompletion: { primary: false, secondary: false, journal: true },
  updateSlots: 8,
  regionReferences: 16,
  transactionSlots: 4,
  hotRegions: 1,
  lingerMs: 2,
  ackTimeoutMs: 8,
  groupCommitMs: 0,
  flushEveryWrites: 4,
  flushIntervalMs: 2,
  flushPays: false,
  commitsInFlight: 2,
};

export const SCENES: readonly Scene[] = [
  DEFAULT_SCENE,
  { ...DEFAULT_SCENE, name: 'async', mode: 'async', hotRegions: 0, flushPays: true },
  { ...DEFAULT_SCENE, name: 'fua', durableOnCompletion: { primary: true, secondary: true, journal: false } },
  {
    ...DEFAULT_SCENE,
    name: 'mixed',
    regions: 4,
    mode: 'async',
    durableOnCompletion: { primary: false, secondary: true, journal: false },
    groupCommitMs: 1,
  },
  {
    ...DEFAULT_SCENE,
    name: 'tight',
    updateSlots: 3,
    regionReferences: 6,
    transactionSlots: 2,
    hotRegions: 0,
    lingerMs: 1,
  },
];

export function expectedJournal(scene: Scene): ExpectedJournal {
  return {
    rigUuid: RIG_UUID,
    regionBytes: REGION_BYTES,
    usableBytes: scene.regions * REGION_BYTES,
    logBytes: scene.logBytes,
  };
}

export function layoutOf(scene: Scene): JournalLayout {
  return journalLayout(scene.logBytes, scene.regions);
}

export function coreConfig(scene: Scene, log: { firstSequence: number; recoveredThrough: number }): CoreConfig {
  return {
    regionBytes: REGION_BYTES,
    usableBytes: scene.regions * REGION_BYTES,
    mode: scene.mode,
    acknowledge: scene.acknowledge,
    updateSlots: scene.updateSlots,
    regionReferences: scene.regionReferences,
    transactionSlots: scene.transactionSlots,
    lingerMs: scene.lingerMs,
    hotRegions: scene.hotRegions,
    ackTimeoutMs: scene.ackTimeoutMs,
    groupCommitMs: scene.groupCommitMs,
    flushEveryWrites: scene.flushEveryWrites,
    flushIntervalMs: scene.flushIntervalMs,
    resync: { depth: 2, slots: 3, maxBytesPerSecond: 0, minShare: 1, turnBytes: 1 },
    durableOnCompletion: scene.durableOnCompletion,
    journalDepth: 4,
    log: {
      ringBlocks: layoutOf(scene).ringBlocks,
      blocksPerUnit: BLOCKS_PER_UNIT,
      recordsPerBlock: RECORDS_PER_BLOCK,
      firstSequence: log.firstSequence,
      recoveredThrough: log.recoveredThrough,
      commitsInFlight: scene.commitsInFlight,
      unitsPerCommit: 1,
    },
    regionsPerGroup: REGIONS_PER_GROUP,
  };
}

/** The content of a freshly formatted journal device: all regions are clean. */
export function formattedJournal(scene: Scene): Uint8Array {
  const geometry = expectedJournal(scene);
  const bytes = new Uint8Array(layoutOf(scene).totalBytes);
  for (const step of formatSteps(geometry, IDENTITY, new IndicatorMap(scene.regions))) {
    if (step.kind === 'write') bytes.set(step.bytes, step.offsetBytes);
  }
  if (bytes.length % BLOCK_BYTES !== 0)
    throw new RangeError(`journal of ${bytes.length} bytes: must be a multiple of ${BLOCK_BYTES}`);
  return bytes;
}

/** The parts of the engine; a mutant replaces one of them. */
export interface WorldParts {
  core: CoreParts;
  CoreClass: typeof Core;
  encodeCommit: typeof encodeCommit;
  encodePage: typeof encodePage;
  recover?: Recover;
  /** Duties of the replication engine that the core does not perform. */
  driver: { flushOnRecovery: boolean; loadRecovered: boolean; reportLostPower: boolean };
}

export const REAL_PARTS: WorldParts = {
  core: CORE_PARTS,
  CoreClass: Core,
  encodeCommit,
  encodePage,
  driver: { flushOnRecovery: true, loadRecovered: true, reportLostPower: true },
};

/** What all worlds of one scene and one set of parts share. */
export interface Stage {
  scene: Scene;
  parts: WorldParts;
  layout: JournalLayout;
  store: BlockStore;
  recoveries: Recoveries;
  formatted: JournalImage;
  effects: EffectCounters;
  /** Counters of all cores that were started. */
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

/** The engine broke a rule before any crash. */
export class ProtocolBreach extends Error {
  readonly rule: string;
  constructor(rule: string, message: string) {
    super(message);
    this.name = 'ProtocolBreach';
    this.rule = rule;
  }
}

/** How often each effect of the core, and each event that only the devices see, has happened. */
export class EffectCounters {
  submitPrimary = 0;
  submitSecondary = 0;
  submitCopy = 0;
  flushPrimary = 0;
  flushSecondary = 0;
  flushJournal = 0;
  writeLog = 0;
  writePage = 0;
  ok = 0;
  refused = 0;
  refusedAtOnce = 0;
  failed = 0;
  free = 0;
  tailMoves = 0;
  outOfOrderCommits = 0;
  crashes = 0;
  recoveries = 0;
  damagedJournals = 0;
}
