/**
 * Speed and memory of the core on one CPU core, compared with a plain Map from regions to Sets of update ids. A pair is
 * one update that is obtained and acknowledged: one region, a record in the log, both areas durable when they complete;
 * 64 Ki in flight over 1 Mi regions.
 *
 * The devices answer at once, so that only the core is timed. The plain Map has no log, no order and no errors: it is
 * the minimum that any implementation does.
 */
import { Core, PRIMARY, SECONDARY, type CoreConfig, type CoreEffects } from './coreParts.js';
import type { LogCommit } from '../../../src/tracker/core/transactionLog.js';

export type Order = 'in order' | 'random';

export const REGION_COUNT = 2 ** 20;
export const IN_FLIGHT = 2 ** 16;
const REGION_BYTES = 2 ** 16;
/** Updates obtained, or acknowledged, between two pumps: a batch of the I/O ring. */
const BATCH = 1024;
const UPDATES_PER_TRANSACTION = 64;

const CONFIG: CoreConfig = {
  regionBytes: REGION_BYTES,
  usableBytes: REGION_COUNT * REGION_BYTES,
  mode: 'sync',
  acknowledge: 'durable',
  updateSlots: IN_FLIGHT,
  regionReferences: IN_FLIGHT,
  transactionSlots: 4096,
  lingerMs: 0,
  hotRegions: 0,
  ackTimeoutMs: 10_000,
  groupCommitMs: 0,
  flushEveryWrites: 256,
  flushIntervalMs: 10,
  resync: { depth: 1, slots: 1, maxBytesPerSecond: 0, minShare: 1, turnBytes: 1 },
  durableOnCompletion: { primary: true, secondary: true, journal: true },
  journalDepth: 64,
  log: {
    ringBlocks: 2 ** 16,
    blocksPerUnit: 8,
    recordsPerBlock: 31,
    firstSequence: 0,
    recoveredThrough: -1,
    commitsInFlight: 4,
    unitsPerCommit: 32,
  },
  regionsPerGroup: 32_000,
};

/** Devices that answer at once. */
class Instant implements CoreEffects {
  readonly commits: number[] = [];
  readonly pages: number[] = [];
  answered = 0;
  submitWrite(): void {}
  submitCopy(): void {}
  flushPays(): boolean {
    return false;
  }
  submitFlush(): void {}
  writeLog({ index }: LogCommit): void {
    this.commits.push(index);
  }
  writePage(group: number): void {
    this.pages.push(group);
  }
  answer(): void {
    this.answered++;
  }
  free(): void {}
}

/** The regions to write: a fixed sequence, made before the clock starts. */
export function regionsToWrite(order: Order, count: number): Uint32Array {
  const regions = new Uint32Array(count);
  let x = 0x9e3779b9;
  for (let i = 0; i < count; i++) {
    x = (Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    regions[i] = order === 'random' ? x % REGION_COUNT : i % REGION_COUNT;
  }
  return regions;
}

export interface Measured {
  pairsPerSecond: number;
  core: Core;
}

/** `clockNs`: a monotonic clock. */
export function measureCore(regions: Uint32Array, clockNs: () => bigint): Measured {
  const fx = new Instant();
  const core = new Core(CONFIG, fx);
  const pump = (): void => {
    do {
      core.pump(0);
      for (const index of fx.commits.splice(0)) core.logWritten(index, true, 0);
      for (const group of fx.pages.splice(0)) core.pageWritten(group, true, 0);
    } while (!core.ready);
  };
  pump();
  const slots = new Int32Array(IN_FLIGHT);
  let transaction = core.begin();
  let obtained = 0;
  let acknowledged = 0;
  const startNs = clockNs();
  while (acknowledged < regions.length) {
    const until = Math.min(regions.length, obtained + BATCH, acknowledged + IN_FLIGHT);
    for (; obtained < until; obtained++) {
      const slot = core.obtain(transaction, regions[obtained] * REGION_BYTES, 4096, 0);
      if (slot < 0) throw new Error(`update ${obtained} is not taken: ${slot}`);
      slots[obtained % IN_FLIGHT] = slot;
      if (obtained % UPDATES_PER_TRANSACTION === UPDATES_PER_TRANSACTION - 1) {
        core.close(transaction, 0);
        transaction = core.begin();
      }
    }
    pump();
    if (obtained - acknowledged < IN_FLIGHT && obtained < regions.length) continue;
    for (const end = Math.min(acknowledged + BATCH, obtained); acknowledged < end; acknowledged++) {
      const slot = slots[acknowledged % IN_FLIGHT];
      core.completed(PRIMARY, slot, core.state.updateId(slot), true, 0);
      core.completed(SECONDARY, slot, core.state.updateId(slot), true, 0);
    }
    pump();
  }
  const seconds = Number(clockNs() - startNs) / 1e9;
  if (fx.answered !== regions.length || core.updatesInFlight !== 0 || core.dirtyRegions !== 0) {
    throw new Error(`${fx.answered} of ${regions.length} answered, ${core.dirtyRegions} regions dirty`);
  }
  return { pairsPerSecond: regions.length / seconds, core };
}

export function measurePlain(regions: Uint32Array, clockNs: () => bigint): number {
  const sets = new Map<number, Set<number>>();
  let acknowledged = 0;
  const startNs = clockNs();
  for (let id = 0; id < regions.length + IN_FLIGHT; id++) {
    if (id < regions.length) {
      const set = sets.get(regions[id]);
      if (set === undefined) sets.set(regions[id], new Set([id]));
      else set.add(id);
    }
    if (id < IN_FLIGHT) continue;
    const region = regions[acknowledged];
    const set = sets.get(region)!;
    set.delete(acknowledged++);
    if (set.size === 0) sets.delete(region);
  }
  const seconds = Number(clockNs() - startNs) / 1e9;
  if (sets.size !== 0) throw new Error(`${sets.size} regions left`);
  return regions.length / seconds;
}

/** Bytes of all typed arrays reachable from the value, each buffer once. */
export function typedArrayBytes(value: unknown, seen = new Set<unknown>()): number {
  if (typeof value !== 'object' || value === null || seen.has(value)) return 0;
  seen.add(value);
  if (ArrayBuffer.isView(value)) {
    if (seen.has(value.buffer)) return 0;
    seen.add(value.buffer);
    return value.buffer.byteLength;
  }
  let bytes = 0;
  for (const inner of Object.values(value)) bytes += typedArrayBytes(inner, seen);
  return bytes;
}
