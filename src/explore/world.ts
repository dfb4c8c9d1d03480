/**
 * One history as it unfolds: the real core on modelled devices. Takes steps, says which could come next, can be saved
 * and put back. What must never happen on the way (an answer twice, a slot freed under I/O, data without evidence
 * being refused and written) is checked here; states are judged in invariants.ts.
 */
import { Core, CORE_PARTS, REFUSED } from '../core/core.js';
import type { CoreParts } from '../core/core.js';
import { JOURNAL, PRIMARY, SECONDARY } from '../core/devices.js';
import type { DeviceIndex } from '../core/devices.js';
import type { Answer, CoreEffects } from '../core/effects.js';
import { IndicatorMap } from '../core/indicatorMap.js';
import type { CoreCounters } from '../core/state.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, logBlockOffset, pageOffset, UNIT_BYTES } from '../journal/layout.js';
import type { JournalLayout } from '../journal/layout.js';
import { encodeCommit } from '../journal/logBlock.js';
import { encodePage } from '../journal/page.js';
import { BlockStore } from './blockStore.js';
import { applyPatterns } from './crashImages.js';
import { DataDevice, UNTOUCHED, VERSION_MAX } from './dataDevice.js';
import type { DataWrite } from './dataDevice.js';
import type { EffectCounters } from './effectCounters.js';
import { coreConfig, expectedJournal, formattedJournal, IDENTITY, layoutOf, SECTOR_BYTES, SECTORS_PER_REGION } from './geometry.js';
import type { Scene } from './geometry.js';
import { imageOf, JournalDevice, journalWrite } from './journalDevice.js';
import type { JournalImage } from './journalDevice.js';
import { MemoryImage } from './memoryImage.js';
import type { Saved } from './memoryImage.js';
import { Mix } from './mix.js';
import { Recoveries } from './recoveries.js';
import type { Recover, Recovered } from './recoveries.js';
import type { AreaName, CrashStep, DeviceName, Op, Step } from './steps.js';
import { isOp } from './steps.js';

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

interface UpdateRecord {
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
  quiesced: number;
}

const DEVICE_OF = { P: PRIMARY, S: SECONDARY, J: JOURNAL } as const;

/** Counters don't belong to a state: they go on across all of them. */
const UNHASHED = ['nowMs'];

export class World {
  readonly stage: Stage;
  core!: Core;
  private memory!: MemoryImage;
  areas: [DataDevice, DataDevice];
  journal: JournalDevice;
  /** Flushes submitted and not over, per device. */
  private flushes: [number, number, number] = [0, 0, 0];
  nowMs = 0;
  nextVersion = 1;
  /** Slot → version of the update or copy in it. */
  private slots: (number | undefined)[] = [];
  /** Version → update. Copies have no entry. */
  updates: UpdateRecord[] = [];
  /** Per sector: the newest update acknowledged to the application; P may not hold anything older (I2). */
  floor: number[];
  /** Script's transaction → core's place. */
  private transactions: (number | undefined)[] = [];
  private lastEnded: [DataWrite | null, DataWrite | null] = [null, null];
  private pageGeneration = 1;
  /** Crashes so far. */
  crashes = 0;
  /** The core has had its say since the latest input. */
  pumped = false;
  private readonly fx: CoreEffects;
  private readonly scratch = new Uint8Array(UNIT_BYTES * 8);

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

  private startCore(log: { firstSequence: number; recoveredThrough: number }): void {
    const { scene, parts } = this.stage;
    this.core = new parts.CoreClass(coreConfig(scene, log), this.fx, parts.core);
    this.stage.coreCounters.push(this.core.counters);
    this.memory = new MemoryImage(this.core, [this.fx, this.core.counters, this.core.state.config], UNHASHED);
    this.slots = [];
    this.transactions = [];
    this.flushes = [0, 0, 0];
    this.lastEnded = [null, null];
  }

  // ── effects ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private createEffects(): CoreEffects {
    return {
      submitWrite: (slot, area) => this.onSubmitWrite(slot, area as 0 | 1),
      submitCopy: (slot) => this.onSubmitCopy(slot),
      submitFlush: (device) => this.onSubmitFlush(device),
      writeLog: (index) => this.onWriteLog(index),
      writePage: (group, copy) => this.onWritePage(group, copy as 0 | 1),
      answer: (slot, answer) => this.onAnswer(slot, answer),
      free: (slot) => this.onFree(slot),
    };
  }

  private onSubmitWrite(slot: number, area: 0 | 1): void {
    this.stage.effects[area === 0 ? 'submitPrimary' : 'submitSecondary']++;
    const version = this.slots[slot]!;
    const u = this.updates[version];
    if (u.answer === 'refused') throw new ProtocolBreach('R2', `u${version} was refused and is written`);
    const values = this.areas[area].durable.map((_, s) => (s >= u.firstSector && s < u.firstSector + u.sectors ? version : UNTOUCHED));
    const { id } = this.core.state.slots;
    this.areas[area].submit({ slot, updateId: id[slot], version, copy: false, values, firstSector: u.firstSector, sectors: u.sectors });
  }

  private onSubmitCopy(slot: number): void {
    this.stage.effects.submitCopy++;
    const { id, offset, length } = this.core.state.slots;
    const version = this.nextCopyNumber();
    this.slots[slot] = version;
    const firstSector = offset[slot] / SECTOR_BYTES;
    this.areas[1].submit({ slot, updateId: id[slot], version, copy: true, values: [], firstSector, sectors: length[slot] / SECTOR_BYTES });
  }

  /** Copies are numbered behind all versions; the number names the copy in steps, not in contents. */
  private nextCopyNumber(): number {
    let n = VERSION_MAX + 1;
    while (this.areas[1].flying.some((w) => w.version === n) || this.slots.includes(n)) n++;
    return n;
  }

  private onSubmitFlush(device: DeviceIndex): void {
    this.stage.effects[device === PRIMARY ? 'flushPrimary' : device === SECONDARY ? 'flushSecondary' : 'flushJournal']++;
    this.flushes[device]++;
    if (this.flushes[device] > 1) throw new ProtocolBreach('R4', 'two flushes of one device at once');
    this.device(device).flushSubmitted();
  }

  private onWriteLog(index: number): void {
    this.stage.effects.writeLog++;
    const commit = this.core.log.commit(index);
    if (commit.tail > commit.tailBefore) this.stage.effects.tailMoves++;
    if (commit.start + commit.blocks - this.core.log.durableTail > this.core.log.config.ringBlocks) {
      throw new ProtocolBreach('I5', `commit ${commit.start} … ${commit.start + commit.blocks - 1} overwrites evidence from ${this.core.log.durableTail} on`);
    }
    const places: number[] = [];
    const blocks: number[] = [];
    for (const copy of [0, 1] as const) {
      this.stage.parts.encodeCommit(commit, copy, this.stage.layout, IDENTITY, this.scratch);
      for (let b = 0; b < commit.blocks; b++) {
        places.push(logBlockOffset(this.stage.layout, copy, commit.start + b) / BLOCK_BYTES);
        blocks.push(this.stage.store.intern(this.scratch, b * BLOCK_BYTES));
      }
    }
    const note = `log blocks ${commit.start} … ${commit.start + commit.blocks - 1}, ${commit.recordCount} records, tail ${commit.tail}`;
    this.journal.submit(journalWrite({ ordinal: this.nextOrdinal(), kind: 'log', tag: index, blocksPerCopy: commit.blocks, places, blocks, note }, this.stage.store));
  }

  private onWritePage(group: number, copy: 0 | 1): void {
    this.stage.effects.writePage++;
    const at = pageOffset(this.stage.layout, copy, group) / BLOCK_BYTES;
    const { awaiting } = this.core.pages;
    this.stage.parts.encodePage(awaiting, group, copy, ++this.pageGeneration, this.stage.layout, IDENTITY, this.scratch);
    const places = Array.from({ length: BLOCKS_PER_UNIT }, (_, b) => at + b);
    const blocks = places.map((_, b) => this.stage.store.intern(this.scratch, b * BLOCK_BYTES));
    const note = `indicators of group ${group}, copy ${copy}: {${[...awaiting.regions()].join(' ')}}`;
    this.journal.submit(journalWrite({ ordinal: this.nextOrdinal(), kind: 'page', tag: group, blocksPerCopy: BLOCKS_PER_UNIT, places, blocks, note }, this.stage.store));
  }

  private nextOrdinal(): number {
    return this.journal.nextOrdinal++;
  }

  private onAnswer(slot: number, answer: Answer): void {
    this.stage.effects[answer]++;
    const version = this.slots[slot]!;
    const u = this.updates[version];
    if (u.answer !== null) throw new ProtocolBreach('R5', `u${version} is answered twice: ${u.answer}, then ${answer}`);
    // States are saved without copying this list: replace, don't change.
    this.updates = this.updates.slice();
    this.updates[version] = { ...u, answer };
    if (answer === 'ok') {
      this.floor = this.floor.map((f, s) => (s >= u.firstSector && s < u.firstSector + u.sectors ? Math.max(f, version) : f));
    }
    if (answer === 'refused' && this.areas.some((a) => a.flying.some((w) => w.version === version))) {
      throw new ProtocolBreach('R2', `u${version} is refused while it is being written`);
    }
  }

  private onFree(slot: number): void {
    this.stage.effects.free++;
    for (const area of this.areas) {
      if (area.flying.some((w) => w.slot === slot)) throw new ProtocolBreach('R5', `slot ${slot} is freed while its data is being written`);
    }
    this.slots[slot] = undefined;
  }

  private device(d: DeviceIndex): DataDevice | JournalDevice {
    return d === JOURNAL ? this.journal : this.areas[d];
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  pump(): void {
    this.core.pump(this.nowMs);
    this.pumped = true;
  }

  /** What the devices may do next. */
  deviceSteps(): Step[] {
    const steps: Step[] = [];
    for (const area of ['P', 'S'] as const) {
      for (const w of this.areas[DEVICE_OF[area]].flying) {
        if (w.copy && w.values.length === 0 && !this.areas[1].dead) steps.push({ do: 'read', version: w.version });
        else steps.push({ do: 'end', device: area, version: w.version });
      }
    }
    for (const w of this.journal.flying) steps.push({ do: 'journalEnd', ordinal: w.ordinal });
    for (const name of ['P', 'S', 'J'] as const) if (this.flushes[DEVICE_OF[name]] > 0) steps.push({ do: 'flushed', device: name });
    return steps;
  }

  /** Takes the step; false when it can't be taken here and nothing has changed. @throws ProtocolBreach */
  take(step: Step, pump = true): boolean {
    const taken = isOp(step) ? this.takeOp(step) : this.takeDeviceStep(step);
    if (taken && pump) this.pump();
    else if (taken) this.pumped = false;
    return taken;
  }

  private takeDeviceStep(step: Exclude<Step, Op>): boolean {
    switch (step.do) {
      case 'end':
        return this.endWrite(step.device, step.version);
      case 'read':
        return this.readForCopy(step.version);
      case 'flushed':
        return this.endFlush(step.device);
      case 'journalEnd':
        return this.endJournalWrite(step.ordinal, !this.journal.dead);
      case 'crash':
        this.crash(step);
        return true;
      case 'damage':
        // Nothing comes after it: it is judged, not taken (damage.ts).
        return false;
    }
  }

  private takeOp(op: Op): boolean {
    switch (op.do) {
      case 'write':
        return this.write(op.transaction, op.sector, op.sectors);
      case 'close': {
        const t = this.transactions[op.transaction];
        if (t === undefined) return false;
        this.core.close(t, this.nowMs);
        this.transactions = this.transactions.slice();
        this.transactions[op.transaction] = undefined;
        return true;
      }
      case 'tick':
        this.nowMs += op.ms;
        return true;
      case 'cut':
        if (this.device(DEVICE_OF[op.device]).dead) return false;
        this.device(DEVICE_OF[op.device]).powerLoss();
        return true;
      case 'back':
        return this.secondaryBack();
      case 'blink':
        if (this.areas[DEVICE_OF[op.device]].dead) return false;
        this.areas[DEVICE_OF[op.device]].blink();
        if (this.stage.parts.driver.tellLostPower) this.core.deviceLost(DEVICE_OF[op.device], this.nowMs);
        return true;
      case 'fail':
        return this.failOldest(op.device);
      case 'failFlush':
        if (this.flushes[DEVICE_OF[op.device]] === 0) return false;
        this.device(DEVICE_OF[op.device]).flushFailed();
        this.flushes[DEVICE_OF[op.device]]--;
        this.core.flushed(DEVICE_OF[op.device], false, this.nowMs);
        return true;
      case 'repeat': {
        const w = this.lastEnded[DEVICE_OF[op.device]];
        if (w === null) return false;
        this.core.completed(DEVICE_OF[op.device], w.slot, w.updateId, true, this.nowMs);
        return true;
      }
      default:
        return this.takeCommand(op);
    }
  }

  private takeCommand(op: Extract<Op, { do: 'resync' | 'stopResync' | 'giveUp' | 'drain' }>): boolean {
    if (op.do === 'resync') this.core.startResync();
    else if (op.do === 'stopResync') this.core.stopResync();
    else if (op.do === 'giveUp') this.core.giveUpAll(this.nowMs);
    else this.core.drain();
    return true;
  }

  private write(transaction: number, sector: number, sectors: number): boolean {
    if (this.nextVersion > VERSION_MAX && !this.renumber()) return false;
    let t = this.transactions[transaction];
    if (t === undefined) {
      t = this.core.begin();
      if (t < 0) return t === REFUSED;
      this.transactions = this.transactions.slice();
      this.transactions[transaction] = t;
    }
    // The slot is known only after `obtain`, which may submit at once: its effects are told apart by what is new.
    const version = this.nextVersion;
    const before = this.updates;
    this.updates = this.updates.slice();
    this.updates[version] = { version, firstSector: sector, sectors, answer: null };
    this.slots = this.slots.map((v) => v);
    const next = this.nextSlot();
    const held = this.slots[next];
    if (next >= 0) this.slots[next] = version;
    const slot = this.core.obtain(t, sector * SECTOR_BYTES, sectors * SECTOR_BYTES, this.nowMs);
    if (slot >= 0) {
      if (slot !== next) throw new ProtocolBreach('R1', `slot ${slot} came out of the pool where ${next} was due`);
      this.nextVersion++;
      return true;
    }
    if (next >= 0) this.slots[next] = held;
    this.updates = before;
    if (slot === REFUSED) this.stage.effects.refusedAtOnce++;
    return slot === REFUSED;
  }

  /** Versions start anew when P and S are known to hold the same in every sector, and nobody waits. */
  private renumber(): boolean {
    const [p, s] = this.areas;
    if (this.slots.some((v) => v !== undefined) || this.unanswered > 0) return false;
    for (const a of this.areas) if (a.dead || a.flying.length + a.cached.length > 0) return false;
    for (let k = 0; k < p.sectorCount; k++) {
      const d = p.durable[k];
      if (d !== s.durable[k] || (d & (d - 1)) !== 0) return false;
    }
    this.areas = [new DataDevice(p.sectorCount), new DataDevice(p.sectorCount)];
    this.floor = this.floor.map(() => 0);
    this.updates = [];
    this.nextVersion = 1;
    this.lastEnded = [null, null];
    return true;
  }

  /** The slot that the core's pool hands out next. */
  private nextSlot(): number {
    const { pool } = this.core.state.slots;
    const slot = pool.take();
    if (slot >= 0) pool.give(slot);
    return slot;
  }

  private endWrite(area: AreaName, version: number): boolean {
    const index = DEVICE_OF[area];
    const device = this.areas[index];
    const w = device.flying.find((x) => x.version === version);
    if (w === undefined || (w.copy && w.values.length === 0 && !device.dead)) return false;
    const { scene } = this.stage;
    const ok = !device.dead;
    if (ok) device.end(w, index === 0 ? scene.durableOnCompletion.primary : scene.durableOnCompletion.secondary);
    else device.fail(w);
    this.lastEnded = index === 0 ? [w, this.lastEnded[1]] : [this.lastEnded[0], w];
    this.report(w, index, ok);
    return true;
  }

  private report(w: DataWrite, area: 0 | 1, ok: boolean): void {
    // A copy's two ends are reported together; its read is fine when it was done.
    if (w.copy) this.core.completed(PRIMARY, w.slot, w.updateId, true, this.nowMs);
    this.core.completed(area, w.slot, w.updateId, ok, this.nowMs);
  }

  private readForCopy(version: number): boolean {
    const w = this.areas[1].flying.find((x) => x.version === version && x.copy && x.values.length === 0);
    if (w === undefined || this.areas[0].dead) return this.failCopyRead(w);
    const values = this.areas[0].visible.map((v, s) => (s >= w.firstSector && s < w.firstSector + w.sectors ? v : UNTOUCHED));
    this.areas[1].setValues(w, values);
    return true;
  }

  private failCopyRead(w: DataWrite | undefined): boolean {
    if (w === undefined) return false;
    this.areas[1].fail(w);
    this.core.completed(PRIMARY, w.slot, w.updateId, false, this.nowMs);
    this.core.completed(SECONDARY, w.slot, w.updateId, true, this.nowMs);
    return true;
  }

  private endFlush(name: DeviceName): boolean {
    const d = DEVICE_OF[name];
    if (this.flushes[d] === 0) return false;
    const device = this.device(d);
    this.flushes[d]--;
    const ok = !device.dead;
    if (ok) device.flushed();
    else device.flushFailed();
    this.core.flushed(d, ok, this.nowMs);
    return true;
  }

  private endJournalWrite(ordinal: number, ok: boolean): boolean {
    const w = this.journal.flying.find((x) => x.ordinal === ordinal);
    if (w === undefined) return false;
    if (w.kind === 'log' && this.journal.flying.some((x) => x.kind === 'log' && x.ordinal < ordinal)) this.stage.effects.outOfOrderCommits++;
    if (ok) this.journal.end(w, this.stage.scene.durableOnCompletion.journal);
    else this.journal.fail(w);
    if (w.kind === 'log') this.core.logWritten(w.tag, ok, this.nowMs);
    else this.core.pageWritten(w.tag, ok, this.nowMs);
    return true;
  }

  private failOldest(name: DeviceName): boolean {
    if (name === 'J') {
      const w = this.journal.flying[0];
      return w !== undefined && this.endJournalWrite(w.ordinal, false);
    }
    const index = DEVICE_OF[name];
    const w = this.areas[index].flying[0];
    if (w === undefined) return false;
    this.areas[index].fail(w);
    this.report(w, index, false);
    return true;
  }

  private secondaryBack(): boolean {
    const { core } = this;
    if (!this.areas[1].dead && !core.state.secondaryAway) return false;
    if (this.areas[1].flying.length > 0 && this.areas[1].dead) return false;
    if (this.areas[1].dead) core.deviceLost(SECONDARY, this.nowMs);
    if (!core.attachSecondary()) return false;
    this.areas[1].powerOn();
    return true;
  }

  // ── crash and recovery ─────────────────────────────────────────────────────────────────────────────────────────────

  /** The journal's content after the crash, and what recovery makes of it. */
  recoveredAfter(step: CrashStep): { image: JournalImage; recovered: Recovered } {
    const image = applyPatterns(this.journal.durable, this.journal.pending, step.journal);
    return { image, recovered: this.stage.recoveries.of(image) };
  }

  /**
   * The host dies. P's sectors that may differ from S's are given one content each, S's stay open: what is copied over
   * them is all that matters. Versions start anew: 1 is what P holds now.
   */
  private crash(step: CrashStep): void {
    const { image, recovered } = this.recoveredAfter(step);
    const [p, s] = this.areas;
    const next: [DataDevice, DataDevice] = [new DataDevice(p.sectorCount), new DataDevice(p.sectorCount)];
    for (let k = 0; k < p.sectorCount; k++) {
      const dirty = ((recovered.dirtyMask >>> Math.floor(k / SECTORS_PER_REGION)) & 1) === 1;
      next[0].visible[k] = next[1].visible[k] = 1;
      next[1].durable[k] = dirty ? 0b11 : 0b10;
      next[0].durable[k] = dirty && step.primary === 'kept' ? 0b01 : 0b10;
    }
    if (step.primary === 'kept') this.keepCache(next[0]);
    void s;
    this.areas = next;
    this.journal = new JournalDevice(image);
    this.floor = next[0].durable.map((d) => (d === 0b10 ? 1 : 0));
    this.updates = [];
    this.nextVersion = 2;
    this.crashes++;
    this.stage.effects.crashes++;
    this.restart(recovered);
  }

  /** P's newest contents are volatile still. */
  private keepCache(p: DataDevice): void {
    const values = p.durable.map((d) => (d === 0b01 ? 1 : UNTOUCHED));
    if (values.every((v) => v === UNTOUCHED)) return;
    p.cached.push({ slot: -1, updateId: -1, version: 1, copy: false, values, firstSector: 0, sectors: p.sectorCount });
  }

  private restart(recovered: Recovered): void {
    const { scene, parts } = this.stage;
    this.nowMs = 0;
    this.startCore({ firstSequence: recovered.firstSequence, recoveredThrough: recovered.recoveredThrough });
    this.pageGeneration = recovered.pageGeneration;
    this.core.state.nextTransactionId = recovered.highestTransaction + 1;
    const dirty = new IndicatorMap(scene.regions);
    for (let r = 0; r < scene.regions; r++) if ((recovered.dirtyMask >>> r) & 1) dirty.set(r);
    if (parts.driver.loadRecovered) this.core.loadDirty(dirty, recovered.groupsToWrite);
  }

  // ── states ─────────────────────────────────────────────────────────────────────────────────────────────────────────

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
      quiesced: 0,
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
  }

  hash(): number {
    const m = new Mix();
    this.memory.addTo(m);
    for (const a of this.areas) a.addTo(m);
    this.journal.addTo(m);
    m.add(this.flushes[0] + 2 * this.flushes[1] + 4 * this.flushes[2]).addNumber(this.nowMs).add(this.nextVersion).add(this.crashes);
    for (const v of this.slots) m.add(v ?? -1);
    for (const u of this.updates) m.add(u === undefined || u.answer === null ? 0 : u.answer.length);
    for (const f of this.floor) m.add(f);
    for (const t of this.transactions) m.add(t ?? -1);
    for (const w of this.lastEnded) m.add(w?.version ?? -1);
    return m.value;
  }
}
