/**
 * One history: the real core on models of the devices. A world takes steps, lists the possible next ones, and can be
 * saved and restored. worldDevices.ts checks what must never happen between states (an update answered twice, a slot
 * freed under I/O, a refused update written); invariants.ts judges the states.
 */
import { REFUSED } from '../tracker/core/core.js';
import { IndicatorMap } from '../tracker/core/indicatorMap.js';
import { applyPatterns } from './crashImages.js';
import { DataDevice, UNTOUCHED, VERSION_MAX } from './dataDevice.js';
import { trulyDifferingRegions } from './worldMemory.js';
import { ProtocolBreach, SECTOR_BYTES, SECTORS_PER_REGION } from './stage.js';
import { JournalDevice, type JournalImage } from './journalDevice.js';
import type { Recovered } from './recoveries.js';
import { type CrashStep, isOp, type Op, type TraceStep } from './steps.js';
import { DEVICE_OF, WorldDevices } from './worldDevices.js';

export { createStage, ProtocolBreach, REAL_PARTS } from './stage.js';
export type { Stage, WorldParts } from './stage.js';
export type { WorldState } from './worldMemory.js';

export class World extends WorldDevices {
  /** Takes the step. Returns false, without a change, if it is not possible here. @throws ProtocolBreach */
  take(step: TraceStep, pump = true): boolean {
    const taken = isOp(step) ? this.takeOp(step) : this.takeDeviceStep(step);
    if (taken && pump) this.pump();
    else if (taken) this.pumped = false;
    return taken;
  }

  private takeDeviceStep(step: Exclude<TraceStep, Op>): boolean {
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
        // The last step of a trace: damage.ts judges it.
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
        if (this.stage.parts.driver.reportLostPower) this.core.deviceLost(DEVICE_OF[op.device], this.nowMs);
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
      case 'resync':
      case 'stopResync':
      case 'giveUp':
      case 'drain':
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
    // `obtain` may submit the write before it returns the slot. So the slot is predicted, for the effects to find the
    // version.
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
      if (slot !== next) throw new ProtocolBreach('R1', `slot ${slot} came from the pool; the next one was ${next}`);
      this.nextVersion++;
      return true;
    }
    if (next >= 0) this.slots[next] = held;
    this.updates = before;
    if (slot === REFUSED) this.stage.effects.refusedAtOnce++;
    return slot === REFUSED;
  }

  /** Numbers versions from 1 again. Possible only if P equals S in every sector and no I/O is in flight. */
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

  /** The next slot of the core's pool. */
  private nextSlot(): number {
    const { pool } = this.core.state.slots;
    const slot = pool.take();
    if (slot >= 0) pool.give(slot);
    return slot;
  }

  // ── crash and recovery ─────────────────────────────────────────────────────────────────────────────────────────────

  /** The journal's content after the crash, and the result of recovery. */
  recoveredAfter(step: CrashStep): { image: JournalImage; recovered: Recovered } {
    const image = applyPatterns(this.journal.durable, this.journal.pending, step.journal);
    return { image, recovered: this.stage.recoveries.of(image) };
  }

  /**
   * The host dies. Each dirty sector of P gets one content. Those of S keep two possible ones, because a resync
   * overwrites them. Versions are numbered again: 1 is the content of P now.
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

  /** The newest contents of P are still in its volatile cache. */
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
