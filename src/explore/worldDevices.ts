/**
 * The devices of a world. `WorldEffects` performs the core's effects on them, and throws if the core demands what no
 * engine may do. `WorldDevices` lists the I/O that may complete next, and reports completions to the core.
 */
import { type DeviceIndex, JOURNAL, PRIMARY, SECONDARY } from '../tracker/core/devices.js';
import type { Answer, CoreEffects } from '../tracker/core/effects.js';
import type { IndicatorMap } from '../tracker/core/indicatorMap.js';
import type { LogCommit } from '../tracker/core/transactionLog.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, logBlockOffset, pageOffset } from '../tracker/journal/layout.js';
import { type DataWrite, UNTOUCHED, VERSION_MAX } from './dataDevice.js';
import { IDENTITY, ProtocolBreach, SECTOR_BYTES } from './stage.js';
import { journalWrite } from './journalDevice.js';
import { WorldMemory } from './worldMemory.js';
import type { AreaLetter, DeviceLetter, TraceStep } from './steps.js';

export abstract class WorldEffects extends WorldMemory {
  protected override createEffects(): CoreEffects {
    return {
      submitWrite: (slot, area, updateId) => this.onSubmitWrite(slot, area as 0 | 1, updateId),
      submitCopy: (slot, updateId, offset, length) => this.onSubmitCopy(slot, updateId, offset, length),
      flushPays: () => this.stage.scene.flushPays,
      submitFlush: (device) => this.onSubmitFlush(device),
      writeLog: (commit) => this.onWriteLog(commit),
      writePage: (group, copy, awaiting) => this.onWritePage(group, copy as 0 | 1, awaiting),
      answer: (slot, answer) => this.onAnswer(slot, answer),
      free: (slot) => this.onFree(slot),
    };
  }

  private onSubmitWrite(slot: number, area: 0 | 1, updateId: number): void {
    this.stage.effects[area === 0 ? 'submitPrimary' : 'submitSecondary']++;
    const version = this.slots[slot]!;
    const u = this.updates[version];
    if (u.answer === 'refused') throw new ProtocolBreach('R2', `u${version} was refused and is written`);
    const values = this.areas[area].durable.map((_, s) =>
      s >= u.firstSector && s < u.firstSector + u.sectors ? version : UNTOUCHED,
    );
    this.areas[area].submit({
      slot,
      updateId,
      version,
      copy: false,
      values,
      firstSector: u.firstSector,
      sectors: u.sectors,
    });
  }

  private onSubmitCopy(slot: number, updateId: number, offset: number, length: number): void {
    this.stage.effects.submitCopy++;
    const version = this.nextCopyNumber();
    this.slots[slot] = version;
    const firstSector = offset / SECTOR_BYTES;
    this.areas[1].submit({
      slot,
      updateId,
      version,
      copy: true,
      values: [],
      firstSector,
      sectors: length / SECTOR_BYTES,
    });
  }

  /** A copy gets a number above all versions. It identifies the copy in steps; contents keep their versions. */
  private nextCopyNumber(): number {
    let n = VERSION_MAX + 1;
    while (this.areas[1].flying.some((w) => w.version === n) || this.slots.includes(n)) n++;
    return n;
  }

  private onSubmitFlush(device: DeviceIndex): void {
    this.stage.effects[
      device === PRIMARY ? 'flushPrimary' : device === SECONDARY ? 'flushSecondary' : 'flushJournal'
    ]++;
    this.flushes[device]++;
    if (this.flushes[device] > 1) throw new ProtocolBreach('R4', 'two flushes of one device are in flight');
    this.device(device).flushSubmitted();
  }

  private onWriteLog(commit: LogCommit): void {
    this.stage.effects.writeLog++;
    if (commit.tail > commit.tailBefore) this.stage.effects.tailMoves++;
    if (commit.start + commit.blocks - this.core.log.durableTail > this.core.log.config.ringBlocks) {
      throw new ProtocolBreach(
        'I5',
        `commit ${commit.start} … ${commit.start + commit.blocks - 1} overwrites evidence from ${this.core.log.durableTail} on`,
      );
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
    this.journal.submit(
      journalWrite(
        {
          ordinal: this.nextOrdinal(),
          kind: 'log',
          tag: commit.index,
          blocksPerCopy: commit.blocks,
          places,
          blocks,
          note,
        },
        this.stage.store,
      ),
    );
  }

  private onWritePage(group: number, copy: 0 | 1, awaiting: IndicatorMap): void {
    this.stage.effects.writePage++;
    const at = pageOffset(this.stage.layout, copy, group) / BLOCK_BYTES;
    this.stage.parts.encodePage(
      awaiting,
      group,
      copy,
      ++this.pageGeneration,
      this.stage.layout,
      IDENTITY,
      this.scratch,
    );
    const places = Array.from({ length: BLOCKS_PER_UNIT }, (_, b) => at + b);
    const blocks = places.map((_, b) => this.stage.store.intern(this.scratch, b * BLOCK_BYTES));
    const note = `indicators of group ${group}, copy ${copy}: {${[...awaiting.regions()].join(' ')}}`;
    this.journal.submit(
      journalWrite(
        { ordinal: this.nextOrdinal(), kind: 'page', tag: group, blocksPerCopy: BLOCKS_PER_UNIT, places, blocks, note },
        this.stage.store,
      ),
    );
  }

  private nextOrdinal(): number {
    return this.journal.nextOrdinal++;
  }

  private onAnswer(slot: number, answer: Answer): void {
    this.stage.effects[answer]++;
    const version = this.slots[slot]!;
    const u = this.updates[version];
    if (u.answer !== null) throw new ProtocolBreach('R5', `u${version} is answered twice: ${u.answer}, then ${answer}`);
    // Saved states share this list, so it is replaced and not changed.
    this.updates = this.updates.slice();
    this.updates[version] = { ...u, answer };
    if (answer === 'ok') {
      this.floor = this.floor.map((f, s) =>
        s >= u.firstSector && s < u.firstSector + u.sectors ? Math.max(f, version) : f,
      );
    }
    if (answer === 'refused' && this.areas.some((a) => a.flying.some((w) => w.version === version))) {
      throw new ProtocolBreach('R2', `u${version} is refused while it is being written`);
    }
  }

  private onFree(slot: number): void {
    this.stage.effects.free++;
    for (const area of this.areas) {
      if (area.flying.some((w) => w.slot === slot))
        throw new ProtocolBreach('R5', `slot ${slot} is freed while its data is being written`);
    }
    this.slots[slot] = undefined;
  }
}

export const DEVICE_OF = { P: PRIMARY, S: SECONDARY, J: JOURNAL } as const;

export abstract class WorldDevices extends WorldEffects {
  /** The steps that the devices may take next. */
  deviceSteps(): TraceStep[] {
    const steps: TraceStep[] = [];
    for (const area of ['P', 'S'] as const) {
      for (const w of this.areas[DEVICE_OF[area]].flying) {
        if (w.copy && w.values.length === 0 && !this.areas[1].dead) steps.push({ do: 'read', version: w.version });
        else steps.push({ do: 'end', device: area, version: w.version });
      }
    }
    for (const w of this.journal.flying) steps.push({ do: 'journalEnd', ordinal: w.ordinal });
    for (const name of ['P', 'S', 'J'] as const)
      if (this.flushes[DEVICE_OF[name]] > 0) steps.push({ do: 'flushed', device: name });
    return steps;
  }

  protected endWrite(area: AreaLetter, version: number): boolean {
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

  protected report(w: DataWrite, area: 0 | 1, ok: boolean): void {
    // The copy failed before it read P: report the read as successful.
    if (w.copy && w.values.length === 0) this.core.completed(PRIMARY, w.slot, w.updateId, true, this.nowMs);
    this.core.completed(area, w.slot, w.updateId, ok, this.nowMs);
  }

  protected readForCopy(version: number): boolean {
    const w = this.areas[1].flying.find((x) => x.version === version && x.copy && x.values.length === 0);
    if (w === undefined || this.areas[0].dead) return this.failCopyRead(w);
    const values = this.areas[0].visible.map((v, s) =>
      s >= w.firstSector && s < w.firstSector + w.sectors ? v : UNTOUCHED,
    );
    this.areas[1].setValues(w, values);
    this.core.completed(PRIMARY, w.slot, w.updateId, true, this.nowMs);
    this.core.copyAwaits(SECONDARY, w.slot, w.updateId, this.nowMs);
    return true;
  }

  protected failCopyRead(w: DataWrite | undefined): boolean {
    if (w === undefined) return false;
    this.areas[1].fail(w);
    this.core.completed(PRIMARY, w.slot, w.updateId, false, this.nowMs);
    this.core.completed(SECONDARY, w.slot, w.updateId, true, this.nowMs);
    return true;
  }

  protected endFlush(name: DeviceLetter): boolean {
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

  protected endJournalWrite(ordinal: number, ok: boolean): boolean {
    const w = this.journal.flying.find((x) => x.ordinal === ordinal);
    if (w === undefined) return false;
    if (w.kind === 'log' && this.journal.flying.some((x) => x.kind === 'log' && x.ordinal < ordinal))
      this.stage.effects.outOfOrderCommits++;
    if (ok) this.journal.end(w, this.stage.scene.durableOnCompletion.journal);
    else this.journal.fail(w);
    if (w.kind === 'log') this.core.logWritten(w.tag, ok, this.nowMs);
    else this.core.pageWritten(w.tag, ok, this.nowMs);
    return true;
  }

  protected failOldest(name: DeviceLetter): boolean {
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

  protected secondaryBack(): boolean {
    const { core } = this;
    if (!this.areas[1].dead && !core.state.secondaryAway) return false;
    if (this.areas[1].flying.length > 0 && this.areas[1].dead) return false;
    if (this.areas[1].dead) core.deviceLost(SECONDARY, this.nowMs);
    if (!core.attachSecondary()) return false;
    this.areas[1].powerOn();
    return true;
  }
}
