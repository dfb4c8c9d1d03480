/**
 * A storage area as far as its promises go, sector by sector; contents are versions (0: as formatted, v: written by the
 * update with that number).
 *
 * A write takes effect when it ends. Until a flush that was submitted after its end succeeds, each of its sectors may
 * or may not be durable, in any mixture and any order with the others of the epoch. What a sector can hold after a power
 * loss is therefore a *set* of versions, independent of its neighbours: bit v of `possible(sector)`. Checking a
 * property of each sector against the whole set checks every subset and every tear at once.
 *
 * Not modelled: bytes inside a sector, devices that break their word (those are the lab's and the mutants').
 */
import { Mix } from './mix.js';

/** Versions are bits of an int32. */
export const VERSION_MAX = 30;
/** In `DataWrite.values`: sector not written. */
export const UNTOUCHED = -1;

export interface DataWrite {
  readonly slot: number;
  readonly updateId: number;
  /** The update's number, or for a copy that of its slot's turn. */
  readonly version: number;
  readonly copy: boolean;
  /** Per sector of the area: version, or UNTOUCHED. Of a copy that has not read yet: empty. */
  readonly values: readonly number[];
  readonly firstSector: number;
  readonly sectors: number;
  /** It ended with an error: it may be there or not, and a flush changes nothing about that. */
  readonly maybe?: boolean;
}

export class DataDevice {
  readonly sectorCount: number;
  /** Per sector: bit set of what a power loss now could leave, were the lists below empty. */
  durable: number[];
  /** Per sector: what a read returns. */
  visible: number[];
  /** Submitted, not over. */
  flying: DataWrite[] = [];
  /** Over, volatile; oldest first. */
  cached: DataWrite[] = [];
  /** How many of `cached` the flush under way covers; -1: none is under way. */
  covered = -1;
  /** It has no power; what was flying ends with an error. */
  dead = false;

  constructor(sectorCount: number) {
    this.sectorCount = sectorCount;
    this.durable = new Array<number>(sectorCount).fill(1);
    this.visible = new Array<number>(sectorCount).fill(0);
  }

  clone(): DataDevice {
    const c = new DataDevice(0);
    (c as { sectorCount: number }).sectorCount = this.sectorCount;
    c.durable = this.durable.slice();
    c.visible = this.visible.slice();
    c.flying = this.flying.slice();
    c.cached = this.cached.slice();
    c.covered = this.covered;
    c.dead = this.dead;
    return c;
  }

  /** Bit set of the versions that the sector can hold after a power loss now. */
  possible(sector: number): number {
    let set = this.durable[sector];
    for (const w of this.cached) if (w.values[sector] >= 0) set |= 1 << w.values[sector];
    if (this.dead) return set;
    for (const w of this.flying) if (w.values.length > 0 && w.values[sector] >= 0) set |= 1 << w.values[sector];
    return set;
  }

  submit(write: DataWrite): void {
    this.flying.push(write);
  }

  /** A copy has read its source. */
  setValues(write: DataWrite, values: readonly number[]): DataWrite {
    const filled = { ...write, values };
    this.flying = this.flying.map((w) => (w === write ? filled : w));
    return filled;
  }

  /** The write ends well. `fua`: durable at once. */
  end(write: DataWrite, fua: boolean): void {
    this.flying = this.flying.filter((w) => w !== write);
    for (let s = 0; s < this.sectorCount; s++) if (write.values[s] >= 0) this.visible[s] = write.values[s];
    if (fua) this.settle(write, this.cached.length);
    else this.cached.push(write);
  }

  /** The write ends with an error: none, some or all of it may be there, and no flush will tell. */
  fail(write: DataWrite): void {
    this.flying = this.flying.filter((w) => w !== write);
    if (!this.dead && write.values.length > 0) this.cached.push({ ...write, maybe: true });
  }

  flushSubmitted(): void {
    this.covered = this.cached.length;
  }

  flushed(): void {
    for (let i = 0; i < this.covered; i++) this.settle(this.cached[i], i);
    this.cached = this.cached.slice(this.covered);
    this.covered = -1;
  }

  /** The flush fails and the cache's dirty state is forgotten: a later flush will succeed and save none of it. */
  flushFailed(): void {
    this.covered = -1;
    this.forgetCache();
  }

  powerLoss(): void {
    for (let s = 0; s < this.sectorCount; s++) this.durable[s] = this.possible(s);
    this.cached = [];
    this.covered = -1;
    this.dead = true;
  }

  /** Its supply fails and is back at once; the cache is gone and nobody was told. What flies goes on. */
  blink(): void {
    this.forgetCache();
    if (this.covered >= 0) this.covered = 0;
  }

  powerOn(): void {
    this.dead = false;
    this.flying = [];
  }

  private forgetCache(): void {
    const flying = this.flying;
    this.flying = [];
    for (let s = 0; s < this.sectorCount; s++) this.durable[s] = this.possible(s);
    this.cached = [];
    this.flying = flying;
  }

  /** A write becomes durable: older volatile data of the same sectors can never come to light again. */
  private settle(write: DataWrite, olderCount: number): void {
    for (let s = 0; s < this.sectorCount; s++) {
      if (write.values[s] < 0) continue;
      if (write.maybe) {
        this.durable[s] |= 1 << write.values[s];
        continue;
      }
      this.durable[s] = 1 << write.values[s];
      for (let i = 0; i < olderCount; i++) {
        const older = this.cached[i];
        if (older.values[s] < 0) continue;
        this.cached[i] = { ...older, values: older.values.map((v, k) => (k === s ? UNTOUCHED : v)) };
      }
    }
  }

  addTo(m: Mix): void {
    for (let s = 0; s < this.sectorCount; s++) m.add(this.durable[s]).add(this.visible[s]);
    for (const w of this.flying) addWrite(m, w);
    m.add(-7);
    for (const w of this.cached) addWrite(m, w);
    m.add(this.covered).add(this.dead ? 1 : 0);
  }
}

function addWrite(m: Mix, w: DataWrite): void {
  m.add(w.slot)
    .add(w.version)
    .add(w.copy ? 1 : 0)
    .add(w.values.length);
  for (const v of w.values) m.add(v);
}
