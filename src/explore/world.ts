/**
 * One history as it unfolds: the real core on modelled devices. Takes steps, says which could come next, can be saved
 * and put back. What must never happen on the way (an answer twice, a slot freed under I/O, data without evidence
 * being refused and written) is checked on the way (worldEffects.ts); states are judged in invariants.ts.
 */
import { REFUSED } from '../tracker/core/core.js';
import { JOURNAL, PRIMARY, SECONDARY } from '../tracker/core/devices.js';
import { IndicatorMap } from '../tracker/core/indicatorMap.js';
import { applyPatterns } from './crashImages.js';
import { DataDevice, UNTOUCHED, VERSION_MAX } from './dataDevice.js';
import type { DataWrite } from './dataDevice.js';
import { trulyDifferingRegions } from './differing.js';
import { SECTOR_BYTES, SECTORS_PER_REGION } from './geometry.js';
import { JournalDevice } from './journalDevice.js';
import type { JournalImage } from './journalDevice.js';
import type { Recovered } from './recoveries.js';
import { ProtocolBreach } from './stage.js';
import type { AreaName, CrashStep, DeviceName, Op, Step } from './steps.js';
import { isOp } from './steps.js';
import { WorldEffects } from './worldEffects.js';

export { createStage, ProtocolBreach, REAL_PARTS } from './stage.js';
export type { Stage, WorldParts } from './stage.js';
export type { WorldState } from './worldMemory.js';

const DEVICE_OF = { P: PRIMARY, S: SECONDARY, J: JOURNAL } as const;

export class World extends WorldEffects {
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
    // A copy that fails before it has read P: the read would have been fine.
    if (w.copy && w.values.length === 0) this.core.completed(PRIMARY, w.slot, w.updateId, true, this.nowMs);
    this.core.completed(area, w.slot, w.updateId, ok, this.nowMs);
  }

  private readForCopy(version: number): boolean {
    const w = this.areas[1].flying.find((x) => x.version === version && x.copy && x.values.length === 0);
    if (w === undefined || this.areas[0].dead) return this.failCopyRead(w);
    const values = this.areas[0].visible.map((v, s) => (s >= w.firstSector && s < w.firstSector + w.sectors ? v : UNTOUCHED));
    this.areas[1].setValues(w, values);
    this.core.completed(PRIMARY, w.slot, w.updateId, true, this.nowMs);
    this.core.copyAwaits(SECONDARY, w.slot, w.updateId, this.nowMs);
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
    this.differed = trulyDifferingRegions(this);
    const [p] = this.areas;
    const next: [DataDevice, DataDevice] = [new DataDevice(p.sectorCount), new DataDevice(p.sectorCount)];
    for (let k = 0; k < p.sectorCount; k++) {
      const dirty = ((recovered.dirtyMask >>> Math.floor(k / SECTORS_PER_REGION)) & 1) === 1;
      next[0].visible[k] = next[1].visible[k] = 1;
      next[1].durable[k] = dirty ? 0b11 : 0b10;
      next[0].durable[k] = dirty && step.primary === 'kept' ? 0b01 : 0b10;
    }
    if (step.primary === 'kept') this.keepCache(next[0]);
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
}
