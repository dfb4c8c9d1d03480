/**
 * Model of a storage area by its promises, sector by sector. The content of a sector is a version: 0 is the formatted
 * content, v was written by update v.
 *
 * A write takes effect when it completes. Until a flush succeeds that was submitted after that, each of its sectors may
 * be durable or not, in any combination and order with other writes of the epoch. So after a power loss a sector may
 * hold any of a set of versions, independent of other sectors: bit v of `possible(sector)`. A check of each sector
 * against its set covers every subset and every torn write at once.
 *
 * Outside of the model: bytes inside a sector, and devices that break their promises (see the lab and the mutants).
 */
import { Mix } from './stateHash.js';

/** Versions are bits of an int32. */
export const VERSION_MAX = 30;
/** In `DataWrite.values`: the write does not touch the sector. */
export const UNTOUCHED = -1;

export interface DataWrite {
  readonly slot: number;
  readonly updateId: number;
  /** The number of the update, or of the copy. */
  readonly version: number;
  readonly copy: boolean;
  /** Per sector of the area: version, or UNTOUCHED. Empty: a copy that has not read P yet. */
  readonly values: readonly number[];
  readonly firstSector: number;
  readonly sectors: number;
  /** The write failed: it may be there or not, and no flush changes that. */
  readonly maybe?: boolean;
}

export class DataDevice {
  readonly sectorCount: number;
  /** Per sector: set of the versions on the medium; the lists below add to it. */
  durable: number[];
  /** Per sector: what a read returns. */
  visible: number[];
  /** Writes in flight. */
  flying: DataWrite[] = [];
  /** Completed writes in the volatile cache, oldest first. */
  cached: DataWrite[] = [];
  /** The number of writes in `cached` that the flush in flight covers; -1: no flush is in flight. */
  covered = -1;
  /** The device has no power; writes in flight fail. */
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

  /** Set of the versions that the sector may hold after a power loss now. */
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

  /** The write completes without error. `fua`: it is durable at once. */
  end(write: DataWrite, fua: boolean): void {
    this.flying = this.flying.filter((w) => w !== write);
    for (let s = 0; s < this.sectorCount; s++) if (write.values[s] >= 0) this.visible[s] = write.values[s];
    if (fua) this.makeDurable(write, this.cached.length);
    else this.cached.push(write);
  }

  /** The write fails: none, some or all of its sectors may be there, and no flush changes that. */
  fail(write: DataWrite): void {
    this.flying = this.flying.filter((w) => w !== write);
    if (!this.dead && write.values.length > 0) this.cached.push({ ...write, maybe: true });
  }

  flushSubmitted(): void {
    this.covered = this.cached.length;
  }

  flushed(): void {
    for (let i = 0; i < this.covered; i++) this.makeDurable(this.cached[i], i);
    this.cached = this.cached.slice(this.covered);
    this.covered = -1;
  }

  /** The flush fails, and the device forgets what was dirty: a later flush succeeds without saving any of it. */
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

  /** The supply fails for a moment: the cache is lost and no I/O fails. Writes in flight continue. */
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

  /** A write becomes durable: older cached versions of its sectors can no longer be found after a power loss. */
  private makeDurable(write: DataWrite, olderCount: number): void {
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
