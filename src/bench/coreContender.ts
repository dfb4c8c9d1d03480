/**
 * The complete core over devices that complete at once. It takes the core's effects as src/replication's driver does:
 * the core asks, and completions are reported after its call has returned.
 */
import * as coreModule from '../tracker/core/core.js';
import * as devices from '../tracker/core/devices.js';
import * as coreConfig from './coreConfig.js';
import { Core } from '../tracker/core/core.js';
import type { CoreEffects } from '../tracker/core/effects.js';
import type { LogCommit } from '../tracker/core/transactionLog.js';
import { type Contender, Ready, type UpdateStream } from './contender.js';
import { measuredCore, type CoreSize } from './coreConfig.js';

// Constants of the file, as in src/tracker/core/recordLayout.ts.
const { BUSY, REFUSED } = coreModule;
const { PRIMARY, SECONDARY } = devices;
const { BATCH, REGION_BYTES, UPDATE_BYTES, WRITES_PER_TRANSACTION } = coreConfig;

const UPDATES_PER_REGION = REGION_BYTES / UPDATE_BYTES;
/** The clock does not advance, because the devices take no time. */
const NOW_MS = 0;

export class CoreContender implements Contender, CoreEffects {
  readonly core: Core;
  private readonly stream: UpdateStream;
  private readonly ready: Ready;
  private readonly commits: number[] = [];
  private transaction = BUSY;
  private readonly inFlight: number;
  private writesLeft = 0;
  private sector = 0;
  private readonly regions = new Uint32Array(BATCH);
  private drawn = 0;
  private readonly slots = new Int32Array(BATCH);

  constructor(size: CoreSize, stream: UpdateStream) {
    const config = measuredCore(size);
    this.stream = stream;
    this.ready = new Ready(stream, config.updateSlots);
    this.core = new Core(config, this);
    while (!this.core.ready) this.performEffects();
    this.inFlight = size.inFlight;
    for (let before = -1; before < this.core.updatesInFlight && this.core.updatesInFlight < size.inFlight;) {
      before = this.core.updatesInFlight;
      this.obtain(Math.min(BATCH, size.inFlight - before));
    }
  }

  run(pairs: number): void {
    for (let left = pairs; left > 0;) {
      const batch = Math.min(BATCH, left);
      this.obtain(this.inFlight + batch - this.core.updatesInFlight);
      // A busy core gives fewer updates; the next acknowledgements free it.
      this.acknowledge(batch);
      left -= batch;
    }
  }

  /** Regions that are drawn while the core is busy come first in the next call. */
  private obtain(count: number): void {
    const { regions } = this;
    for (; this.drawn < Math.min(count, BATCH); this.drawn++) regions[this.drawn] = this.stream.nextRegion();
    let taken = 0;
    while (taken < Math.min(count, this.drawn) && this.obtainOne(regions[taken])) taken++;
    regions.copyWithin(0, taken, this.drawn);
    this.drawn -= taken;
    this.performEffects();
  }

  /** False: the core is busy until a log write or an acknowledgement. */
  private obtainOne(region: number): boolean {
    if (this.writesLeft === 0) {
      this.transaction = this.core.begin();
      if (this.transaction === BUSY) return false;
      this.writesLeft = WRITES_PER_TRANSACTION;
    }
    // Each update has a sector of its own, so that updates to one region do not wait for each other (R13).
    this.sector = (this.sector + 1) % UPDATES_PER_REGION;
    const offset = region * REGION_BYTES + this.sector * UPDATE_BYTES;
    const slot = this.core.obtain(this.transaction, offset, UPDATE_BYTES, NOW_MS);
    if (slot === BUSY) return false;
    if (slot === REFUSED) throw new Error('the core refused an update although no device has failed');
    if (--this.writesLeft === 0) this.core.close(this.transaction, NOW_MS);
    return true;
  }

  private acknowledge(count: number): void {
    const { core } = this;
    const { slots } = this;
    if (this.ready.count < count) throw new Error('fewer updates were submitted than are to be acknowledged');
    for (let i = 0; i < count; i++) slots[i] = this.ready.take();
    // As the driver does for the completions of a round.
    core.prefetch.reports(slots, count);
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      const id = core.state.updateId(slot);
      core.completed(PRIMARY, slot, id, true, NOW_MS);
      core.completed(SECONDARY, slot, id, true, NOW_MS);
    }
  }

  private performEffects(): void {
    this.core.pump(NOW_MS);
    for (const index of this.commits) this.core.logWritten(index, true, NOW_MS);
    this.commits.length = 0;
  }

  submitWrite(slot: number, area: number): void {
    if (area === SECONDARY) this.ready.put(slot);
  }
  writeLog({ index }: LogCommit): void {
    this.commits.push(index);
  }
  submitCopy(): void {
    throw new Error('the core submitted a copy without a resync');
  }
  flushPays(): boolean {
    return false;
  }
  submitFlush(): void {
    throw new Error('the core submitted a flush although all writes are durable on completion');
  }
  writePage(group: number): void {
    throw new Error(
      `the core wrote indicator page ${group}: the log ran full; its ring is too small for this benchmark`,
    );
  }
  answer(): void {
    // There is no application.
  }
  free(): void {
    // There are no buffers.
  }
}
