/** The world's devices: which of their I/Os may end next, and what their ends do to the core. */
import { JOURNAL, PRIMARY, SECONDARY } from '../tracker/core/devices.js';
import { UNTOUCHED } from './dataDevice.js';
import type { DataWrite } from './dataDevice.js';
import type { AreaName, DeviceName, Step } from './steps.js';
import { WorldEffects } from './worldEffects.js';

export const DEVICE_OF = { P: PRIMARY, S: SECONDARY, J: JOURNAL } as const;

export abstract class WorldDevices extends WorldEffects {
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
    for (const name of ['P', 'S', 'J'] as const)
      if (this.flushes[DEVICE_OF[name]] > 0) steps.push({ do: 'flushed', device: name });
    return steps;
  }

  protected endWrite(area: AreaName, version: number): boolean {
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
    // A copy that fails before it has read P: the read would have been fine.
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

  protected endFlush(name: DeviceName): boolean {
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

  protected failOldest(name: DeviceName): boolean {
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
