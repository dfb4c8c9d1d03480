/**
 * The mirrored path without tracking: writes of the same bytes to P and S. An update is acknowledged when it is durable
 * on both. `stamped`: each sector is stamped, as the judge needs it.
 */
import { createPrng, type Prng } from '../base/prng.js';
import { SECTOR_BYTES } from '../base/observation.js';
import { IO_OP, type DeviceRef, type IoRing, type SectorTools } from '../blockdev/blockDevice.js';
import { PowerEpoch, PRIMARY, SECONDARY, type StorageAreaIndex } from '../tracker/core/devices.js';
import { UPDATE_BYTES } from './mirrorCases.js';
import { MirrorLoop } from './mirrorLoop.js';

export interface StepLoad {
  depth: number;
  durability: DeviceRef['durability'];
  seed: number;
  sizeBytes: number;
}

const AREAS = [PRIMARY, SECONDARY] as const;
const BOTH = 3;

export class RawMirror extends MirrorLoop {
  private readonly load: StepLoad;
  /** null: the same bytes are written again and again. */
  private readonly tools: SectorTools | null;
  private readonly prng: Prng;
  private readonly blocks: number;
  private readonly epochs = [new PowerEpoch(), new PowerEpoch()] as const;
  private readonly flushing: [boolean, boolean] = [false, false];
  private readonly inFlight: [number, number] = [0, 0];
  /** Of each update in flight, one bit per area: durable there. */
  private readonly durable: Uint8Array;
  private readonly free: number[];
  private updateId = 0;

  constructor(ring: IoRing, load: StepLoad, tools: SectorTools | null) {
    super(ring, load.depth);
    this.load = load;
    this.tools = tools;
    this.prng = createPrng(load.seed);
    this.blocks = Math.floor(load.sizeBytes / UPDATE_BYTES);
    this.durable = new Uint8Array(load.depth);
    this.free = Array.from({ length: load.depth }, (_, slot) => slot);
  }

  protected advance(): void {
    for (let slot = this.free.pop(); slot !== undefined; slot = this.free.pop()) this.submit(slot);
    for (const area of AREAS) this.flushIfDue(area);
  }

  private submit(slot: number): void {
    const { ring, load } = this;
    const offset = this.prng.nextBelow(this.blocks) * UPDATE_BYTES;
    const at = slot * UPDATE_BYTES;
    this.durable[slot] = 0;
    this.times.obtained(slot, this.nowMs);
    this.updateId++;
    const { updateId } = this;
    this.tools?.stamp(ring.arena, at, UPDATE_BYTES, {
      runId: 1,
      updateId,
      transactionId: updateId,
      firstLba: offset / SECTOR_BYTES,
    });
    const op = load.durability === 'fua' ? IO_OP.writeDurable : IO_OP.write;
    for (const area of AREAS) {
      this.inFlight[area]++;
      ring.push(op, area, 2 * slot + area, offset, UPDATE_BYTES, at);
    }
  }

  private flushIfDue(area: StorageAreaIndex): void {
    const { uncovered } = this.epochs[area];
    if (uncovered === 0 || this.flushing[area]) return;
    const inFlight = this.inFlight[area];
    if (inFlight > 0 && !this.pacing.pays(area, uncovered, inFlight)) return;
    this.flushing[area] = true;
    this.epochs[area].flushSubmitted(this.nowMs);
    this.ring.push(IO_OP.flush, area, this.flushTag(area), 0, 0, 0);
  }

  protected written(area: StorageAreaIndex, slot: number): void {
    this.inFlight[area]--;
    this.times.written(slot, this.nowMs);
    if (this.load.durability === 'fua') this.isDurable(slot, area);
    else this.epochs[area].completed(slot, this.nowMs);
  }

  protected flushed(area: StorageAreaIndex): void {
    this.flushing[area] = false;
    const epoch = this.epochs[area];
    for (let slot = epoch.takeCovered(); slot !== -1; slot = epoch.takeCovered()) this.isDurable(slot, area);
  }

  private isDurable(slot: number, area: StorageAreaIndex): void {
    this.durable[slot] |= 1 << area;
    if (this.durable[slot] !== BOTH) return;
    this.acknowledged++;
    this.times.answered(slot, this.nowMs);
    this.free.push(slot);
  }
}
