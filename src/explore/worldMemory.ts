/**
 * The state of a world: the core's memory, the devices, and the updates. It is saved, restored and hashed as one. From
 * it follows which regions may differ between P and S after a crash.
 */
import type { Core } from '../tracker/core/core.js';
import { type DeviceIndex, JOURNAL } from '../tracker/core/devices.js';
import type { Answer, CoreEffects } from '../tracker/core/effects.js';
import { UNIT_BYTES } from '../tracker/journal/layout.js';
import { DataDevice, type DataWrite } from './dataDevice.js';
import { coreConfig, SECTORS_PER_REGION, type Stage } from './stage.js';
import { JournalDevice } from './journalDevice.js';
import { MemoryImage, type Saved } from './memoryImage.js';
import { Mix } from './stateHash.js';

export interface UpdateRecord {
  version: number;
  firstSector: number;
  sectors: number;
  answer: Answer | null;
}

export interface WorldState {
  core: Core;
  memory: MemoryImage;
  saved: Saved;
  areas: [DataDevice, DataDevice];
  journal: JournalDevice;
  flushes: [number, number, number];
  nowMs: number;
  nextVersion: number;
  slots: (number | undefined)[];
  updates: UpdateRecord[];
  floor: number[];
  transactions: (number | undefined)[];
  lastEnded: [DataWrite | null, DataWrite | null];
  pageGeneration: number;
  crashes: number;
  differed: number;
}

/** The core's copy of the time: the hash uses the world's clock instead. */
const UNHASHED = ['nowMs'];

export abstract class WorldMemory {
  readonly stage: Stage;
  core!: Core;
  protected memory!: MemoryImage;
  areas: [DataDevice, DataDevice];
  journal: JournalDevice;
  /** Flushes in flight, per device. */
  protected flushes: [number, number, number] = [0, 0, 0];
  nowMs = 0;
  nextVersion = 1;
  /** Slot → version of the update or copy in it. */
  protected slots: (number | undefined)[] = [];
  /** Version → update. Copies have no entry. */
  updates: UpdateRecord[] = [];
  /** Per sector: the newest update acknowledged to the application; P must not hold an older one (I2). */
  floor: number[];
  /** Transaction of the script → transaction of the core. */
  protected transactions: (number | undefined)[] = [];
  protected lastEnded: [DataWrite | null, DataWrite | null] = [null, null];
  protected pageGeneration = 1;
  /** Crashes so far. */
  crashes = 0;
  /** Regions that could differ at the latest crash, as bits. */
  differed = 0;
  /** The core was pumped after the latest input. */
  pumped = false;
  private readonly fx: CoreEffects;
  protected readonly scratch = new Uint8Array(UNIT_BYTES * 8);

  constructor(stage: Stage) {
    this.stage = stage;
    const sectors = stage.scene.regions * SECTORS_PER_REGION;
    this.areas = [new DataDevice(sectors), new DataDevice(sectors)];
    this.journal = new JournalDevice(stage.formatted);
    this.floor = new Array<number>(sectors).fill(0);
    this.fx = this.createEffects();
    const { ringBlocks } = stage.layout;
    this.startCore({ firstSequence: ringBlocks, recoveredThrough: ringBlocks - 1 });
    this.pump();
  }

  /** The effects of the core on the devices. */
  protected abstract createEffects(): CoreEffects;

  protected startCore(log: { firstSequence: number; recoveredThrough: number }): void {
    const { scene, parts } = this.stage;
    this.core = new parts.CoreClass(coreConfig(scene, log), this.fx, parts.core);
    this.stage.coreCounters.push(this.core.counters);
    this.memory = new MemoryImage(this.core, [this.fx, this.core.counters, this.core.state.config], UNHASHED);
    this.slots = [];
    this.transactions = [];
    this.flushes = [0, 0, 0];
    this.lastEnded = [null, null];
  }

  pump(): void {
    this.core.pump(this.nowMs);
    this.pumped = true;
  }

  protected device(d: DeviceIndex): DataDevice | JournalDevice {
    return d === JOURNAL ? this.journal : this.areas[d];
  }

  get flushing(): readonly [number, number, number] {
    return this.flushes;
  }

  /** Open transactions of the script. */
  get openTransactions(): number[] {
    return this.transactions.flatMap((t, i) => (t === undefined ? [] : [i]));
  }

  /** Updates that have no answer yet. */
  get unanswered(): number {
    return this.updates.filter((u) => u !== undefined && u.answer === null).length;
  }

  save(): WorldState {
    return {
      core: this.core,
      memory: this.memory,
      saved: this.memory.save(),
      areas: [this.areas[0].clone(), this.areas[1].clone()],
      journal: this.journal.clone(),
      flushes: [...this.flushes],
      nowMs: this.nowMs,
      nextVersion: this.nextVersion,
      slots: this.slots.slice(),
      updates: this.updates,
      floor: this.floor,
      transactions: this.transactions,
      lastEnded: this.lastEnded,
      pageGeneration: this.pageGeneration,
      crashes: this.crashes,
      differed: this.differed,
    };
  }

  restore(s: WorldState): void {
    this.core = s.core;
    this.memory = s.memory;
    this.memory.restore(s.saved);
    this.areas = [s.areas[0].clone(), s.areas[1].clone()];
    this.journal = s.journal.clone();
    this.flushes = [...s.flushes];
    this.nowMs = s.nowMs;
    this.nextVersion = s.nextVersion;
    this.slots = s.slots.slice();
    this.updates = s.updates;
    this.floor = s.floor;
    this.transactions = s.transactions;
    this.lastEnded = s.lastEnded;
    this.pageGeneration = s.pageGeneration;
    this.crashes = s.crashes;
    this.differed = s.differed;
  }

  hash(): number {
    const m = new Mix();
    this.memory.addTo(m);
    for (const a of this.areas) a.addTo(m);
    this.journal.addTo(m);
    m.add(this.flushes[0] + 2 * this.flushes[1] + 4 * this.flushes[2])
      .addNumber(this.nowMs)
      .add(this.nextVersion)
      .add(this.crashes)
      .add(this.differed);
    for (const v of this.slots) m.add(v ?? -1);
    for (const u of this.updates) m.add(u === undefined || u.answer === null ? 0 : u.answer.length);
    for (const f of this.floor) m.add(f);
    for (const t of this.transactions) m.add(t ?? -1);
    for (const w of this.lastEnded) m.add(w?.version ?? -1);
    return m.value;
  }
}

/** Regions that may differ between P and S after a crash now, as bits. */
export function differingRegions(world: WorldMemory): number {
  const [p, s] = world.areas;
  let different = 0;
  for (let k = 0; k < p.sectorCount; k++) {
    const onP = p.possible(k);
    if ((onP & (onP - 1)) !== 0 || onP !== s.possible(k)) different |= 1 << Math.floor(k / SECTORS_PER_REGION);
  }
  return different;
}

/**
 * `differingRegions` without regions that a recovery found dirty although they are equal: until their marks are
 * durable, the engine writes nothing to them. If there is a crash before that, the next recovery need not find them
 * dirty.
 */
export function trulyDifferingRegions(world: WorldMemory): number {
  const { pages, ready, state } = world.core;
  let found = 0;
  if (!ready)
    for (let r = 0; r < state.regionCount; r++) if (pages.awaiting.has(r) && !pages.isEvidence(r)) found |= 1 << r;
  return differingRegions(world) & (world.differed | ~found);
}
