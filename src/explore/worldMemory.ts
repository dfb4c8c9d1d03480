/** The memory of a world: the core's, the devices', and what is known of updates; saved, put back and hashed as one. */
import type { Core } from '../tracker/core/core.js';
import type { DeviceIndex } from '../tracker/core/devices.js';
import { JOURNAL } from '../tracker/core/devices.js';
import type { Answer, CoreEffects } from '../tracker/core/effects.js';
import { UNIT_BYTES } from '../tracker/journal/layout.js';
import { DataDevice } from './dataDevice.js';
import type { DataWrite } from './dataDevice.js';
import { coreConfig, SECTORS_PER_REGION } from './geometry.js';
import { JournalDevice } from './journalDevice.js';
import { MemoryImage } from './memoryImage.js';
import type { Saved } from './memoryImage.js';
import { Mix } from './mix.js';
import type { Stage } from './stage.js';

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

/** The world's own clock stands for it. */
const UNHASHED = ['nowMs'];

export abstract class WorldMemory {
  readonly stage: Stage;
  core!: Core;
  protected memory!: MemoryImage;
  areas: [DataDevice, DataDevice];
  journal: JournalDevice;
  /** Flushes submitted and not over, per device. */
  protected flushes: [number, number, number] = [0, 0, 0];
  nowMs = 0;
  nextVersion = 1;
  /** Slot → version of the update or copy in it. */
  protected slots: (number | undefined)[] = [];
  /** Version → update. Copies have no entry. */
  updates: UpdateRecord[] = [];
  /** Per sector: the newest update acknowledged to the application; P may not hold anything older (I2). */
  floor: number[];
  /** Script's transaction → core's place. */
  protected transactions: (number | undefined)[] = [];
  protected lastEnded: [DataWrite | null, DataWrite | null] = [null, null];
  protected pageGeneration = 1;
  /** Crashes so far. */
  crashes = 0;
  /** Regions that could differ at the latest of them, as bits. */
  differed = 0;
  /** The core has had its say since the latest input. */
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

  /** What the core's effects do to the devices. */
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

  /** Transactions of the script that are not closed. */
  get openTransactions(): number[] {
    return this.transactions.flatMap((t, i) => (t === undefined ? [] : [i]));
  }

  /** Updates that the application waits for. */
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
