/** The world's side of the core's effects: what they ask for is noted on the devices, and refused when no engine may ask it. */
import { PRIMARY, SECONDARY } from '../tracker/core/devices.js';
import type { DeviceIndex } from '../tracker/core/devices.js';
import type { Answer, CoreEffects } from '../tracker/core/effects.js';
import type { IndicatorMap } from '../tracker/core/indicatorMap.js';
import type { LogCommit } from '../tracker/core/transactionLog.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, logBlockOffset, pageOffset } from '../tracker/journal/layout.js';
import { UNTOUCHED, VERSION_MAX } from './dataDevice.js';
import { IDENTITY, SECTOR_BYTES } from './geometry.js';
import { journalWrite } from './journalDevice.js';
import { ProtocolBreach } from './stage.js';
import { WorldMemory } from './worldMemory.js';

export abstract class WorldEffects extends WorldMemory {
  protected override createEffects(): CoreEffects {
    return {
      submitWrite: (slot, area, updateId) => this.onSubmitWrite(slot, area as 0 | 1, updateId),
      submitCopy: (slot, updateId, offset, length) => this.onSubmitCopy(slot, updateId, offset, length),
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

  /** Copies are numbered behind all versions; the number names the copy in steps, not in contents. */
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
    if (this.flushes[device] > 1) throw new ProtocolBreach('R4', 'two flushes of one device at once');
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
    // States are saved without copying this list: replace, don't change.
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
