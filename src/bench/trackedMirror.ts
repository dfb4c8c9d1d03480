/**
 * The mirrored path with tracking in memory: the tracker core obtains and acknowledges the updates, and its log records
 * are durable at once, without a journal device. What the replication engine adds is the durable evidence.
 */
import { createPrng, type Prng } from '../base/prng.js';
import { SECTOR_BYTES } from '../base/observation.js';
import { IO_OP, type IoOp, type IoRing, type SectorTools } from '../blockdev/blockDevice.js';
import { planDriver } from '../replication/sizes.js';
import { BUSY, Core } from '../tracker/core/core.js';
import { PRIMARY, SECONDARY, type DeviceIndex, type StorageAreaIndex } from '../tracker/core/devices.js';
import type { CoreEffects } from '../tracker/core/effects.js';
import { slotIndex } from '../tracker/core/state.js';
import type { LogCommit } from '../tracker/core/transactionLog.js';
import { TRACKING } from './engineSpec.js';
import { regionBytesOf, UPDATE_BYTES } from './mirrorCases.js';
import { MirrorLoop } from './mirrorLoop.js';
import type { StepLoad } from './rawMirror.js';

const RING_BLOCKS = 4096;
/** In the middle of what a profile's workload has by default. */
const WRITES_PER_TRANSACTION = 4;

/** The most slots that the core uses for this depth. */
export function trackedSlots(load: StepLoad): number {
  return configOf(load).updateSlots;
}

function configOf({ depth, durability, sizeBytes }: StepLoad) {
  const regionBytes = regionBytesOf('hot', sizeBytes);
  return planDriver({
    geometry: { regionBytes, usableBytes: sizeBytes, logBytes: 0 },
    ringBlocks: RING_BLOCKS,
    tracking: { ...TRACKING, mode: 'sync', regionBytes },
    durability: { primary: durability, secondary: durability, journal: 'fua' },
    workload: { queueDepth: depth, writeBytesMax: UPDATE_BYTES },
    recovery: { firstSequence: RING_BLOCKS, recoveredThrough: RING_BLOCKS - 1 },
  }).core;
}

export class TrackedMirror extends MirrorLoop implements CoreEffects {
  private readonly load: StepLoad;
  private readonly tools: SectorTools;
  private readonly core: Core;
  private readonly prng: Prng;
  private readonly blocks: number;
  private readonly commits: number[] = [];
  private readonly ids: Float64Array;
  /** By `slotIndex`. */
  private readonly slots: Int32Array;
  private transaction = BUSY;
  private writesLeft = 0;
  private outstanding = 0;

  constructor(ring: IoRing, load: StepLoad, tools: SectorTools) {
    super(ring, trackedSlots(load));
    this.load = load;
    this.tools = tools;
    this.core = new Core(configOf(load), this);
    this.prng = createPrng(load.seed);
    this.blocks = Math.floor(load.sizeBytes / UPDATE_BYTES);
    this.ids = new Float64Array(trackedSlots(load));
    this.slots = new Int32Array(trackedSlots(load));
  }

  protected advance(): void {
    const { core, nowMs } = this;
    while (this.outstanding < this.load.depth && this.obtain());
    core.pump(nowMs);
    for (let index = this.commits.pop(); index !== undefined; index = this.commits.pop())
      core.logWritten(index, true, nowMs);
  }

  /** False: the core takes no more now. */
  private obtain(): boolean {
    const { core, nowMs } = this;
    if (this.transaction === BUSY) this.transaction = core.begin();
    if (this.transaction < 0) return false;
    const offset = this.prng.nextBelow(this.blocks) * UPDATE_BYTES;
    const slot = core.obtain(this.transaction, offset, UPDATE_BYTES, nowMs);
    if (slot < 0) return false;
    this.times.obtained(slotIndex(slot), nowMs);
    this.outstanding++;
    this.writesLeft = this.writesLeft === 0 ? WRITES_PER_TRANSACTION - 1 : this.writesLeft - 1;
    if (this.writesLeft > 0) return true;
    core.close(this.transaction, nowMs);
    this.transaction = BUSY;
    return true;
  }

  protected written(area: StorageAreaIndex, index: number): void {
    this.times.written(index, this.nowMs);
    this.core.completed(area, this.slots[index], this.ids[index], true, this.nowMs);
  }

  protected flushed(area: StorageAreaIndex): void {
    this.core.flushed(area, true, this.nowMs);
  }

  submitWrite(slot: number, area: DeviceIndex, updateId: number, transactionId: number, offset: number): void {
    const index = slotIndex(slot);
    const at = index * UPDATE_BYTES;
    if (area === PRIMARY) {
      this.ids[index] = updateId;
      this.slots[index] = slot;
      const firstLba = offset / SECTOR_BYTES;
      this.tools.stamp(this.ring.arena, at, UPDATE_BYTES, { runId: 1, updateId, transactionId, firstLba });
    }
    this.ring.push(this.writeOp, area, 2 * index + area, offset, UPDATE_BYTES, at);
  }

  private get writeOp(): IoOp {
    return this.load.durability === 'fua' ? IO_OP.writeDurable : IO_OP.write;
  }

  flushPays(area: StorageAreaIndex, uncovered: number, inFlight: number): boolean {
    return this.pacing.pays(area, uncovered, inFlight);
  }

  submitFlush(device: DeviceIndex): void {
    if (device === PRIMARY || device === SECONDARY) this.ring.push(IO_OP.flush, device, this.flushTag(device), 0, 0, 0);
  }

  writeLog({ index }: LogCommit): void {
    this.commits.push(index);
  }

  answer(slot: number): void {
    this.acknowledged++;
    this.outstanding--;
    this.times.answered(slotIndex(slot), this.nowMs);
  }

  free(): void {
    // Each slot has its own buffer.
  }

  submitCopy(): void {
    throw new Error('the core submitted a copy without a resync');
  }

  writePage(group: number): void {
    throw new Error(`the core wrote indicator page ${group}, although its log is far from full`);
  }
}
