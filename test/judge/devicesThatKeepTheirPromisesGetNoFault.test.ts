/**
 * Random states of devices that keep their promises: a volatile cache, honest flushes, FUA, torn and reordered losses
 * at a cut, resets that fail one write and lose the cache. The judge must find no fault in any of them, over several
 * cuts and resynchronizations.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StorageArea } from '../../src/base/areas.js';
import { AreaTally } from '../../src/judge/classify/tally.js';
import { classifyChunk } from '../../src/judge/classify/classify.js';
import { WriteHistory } from '../../src/judge/history/history.js';
import { OBSERVATION_FIELD as F } from '../../src/base/observation.js';
import { createPrng, type Prng } from '../../src/base/prng.js';

const BLOCKS = 16;
const BLOCK = 4096;
const SECTORS = BLOCKS * 8;
const RUN = 9;

interface CacheEntry {
  first: number;
  /** Version of each sector. */
  ids: number[];
  completed: boolean;
  updateId: number | null;
}

class HonestDevice {
  readonly area: StorageArea;
  readonly durable = new Float64Array(SECTORS);
  private cache: CacheEntry[] = [];
  private readonly history: WriteHistory;
  private readonly prng: Prng;
  private flushing: { token: number; covers: CacheEntry[] }[] = [];

  constructor(area: StorageArea, history: WriteHistory, prng: Prng) {
    this.area = area;
    this.history = history;
    this.prng = prng;
  }

  /** What a read returns: the cached version, or else that on the medium. */
  read(sector: number): number {
    const newest = this.cache.findLast((e) => sector >= e.first && sector < e.first + e.ids.length);
    return newest === undefined ? this.durable[sector]! : newest.ids[sector - newest.first]!;
  }

  busy(block: number, blocks: number): boolean {
    return this.inFlight().some((e) => e.first < (block + blocks) * 8 && block * 8 < e.first + e.ids.length);
  }

  inFlight(): CacheEntry[] {
    return this.cache.filter((e) => !e.completed);
  }

  write(block: number, blocks: number, updateId: number): void {
    this.history.issued(this.area, updateId, block * BLOCK, blocks * BLOCK);
    this.cache.push({
      first: block * 8,
      ids: new Array<number>(blocks * 8).fill(updateId),
      completed: false,
      updateId,
    });
  }

  completeOne(fua: boolean): void {
    const entry = this.inFlight()[0];
    if (entry === undefined) return;
    entry.completed = true;
    const range = [entry.updateId!, (entry.first / 8) * BLOCK, (entry.ids.length / 8) * BLOCK] as const;
    if (!fua) return this.history.completed(this.area, ...range, true);
    this.land([entry]);
    this.history.durableCompleted(this.area, ...range);
  }

  beginFlush(): void {
    const covers = this.cache.filter((e) => e.completed);
    this.flushing.push({ token: this.history.flushSubmitted(this.area), covers });
  }

  endFlush(): void {
    const flush = this.flushing.shift();
    if (flush === undefined) return;
    this.land(flush.covers);
    this.history.flushCompleted(this.area, flush.token, true);
  }

  /** A copy of resync goes to the cache like a write, and is flushed later. */
  copyIn(block: number, ids: number[]): void {
    this.cache.push({ first: block * 8, ids, completed: true, updateId: null });
  }

  flushAll(): void {
    this.land(this.cache.filter((e) => e.completed));
  }

  /** One write fails, and the cache is lost as at a cut, although the power stayed on. */
  reset(): void {
    const entry = this.inFlight()[0];
    if (entry === undefined) return;
    this.loseCache(entry);
    const blocks = entry.ids.length / 8;
    this.history.completed(this.area, entry.updateId!, (entry.first / 8) * BLOCK, blocks * BLOCK, false);
  }

  cut(): void {
    this.loseCache(null);
    this.cache = [];
    this.flushing = [];
    this.history.powerLost(this.area);
  }

  /** Any sectors of any unflushed writes survive, newer over older. Writes in flight continue after a reset. */
  private loseCache(failed: CacheEntry | null): void {
    for (const entry of this.cache) {
      const fate = this.prng.nextBelow(3);
      entry.ids.forEach((id, s) => {
        if (fate === 0 || (fate === 1 && this.prng.nextBelow(2) === 0)) this.durable[entry.first + s] = id;
      });
    }
    this.cache = this.cache.filter((e) => !e.completed && e !== failed);
    for (const flush of this.flushing) flush.covers = [];
  }

  /** Writes to the medium, oldest first, so that the newest version of a sector wins. */
  private land(entries: CacheEntry[]): void {
    const last = Math.max(-1, ...entries.map((e) => this.cache.indexOf(e)));
    for (const entry of this.cache.slice(0, last + 1)) {
      if (!entry.completed) continue;
      entry.ids.forEach((id, s) => (this.durable[entry.first + s] = id));
    }
    this.cache = this.cache.filter((e, i) => i > last || !e.completed);
  }
}

function observe(device: HonestDevice): Float64Array {
  const out = new Float64Array(SECTORS * F.strideDoubles);
  for (let s = 0; s < SECTORS; s++) {
    out[s * F.strideDoubles + F.runId] = RUN;
    out[s * F.strideDoubles + F.updateId] = device.durable[s]!;
    out[s * F.strideDoubles + F.lba] = s;
  }
  return out;
}

function judgeAndAdopt(device: HonestDevice, history: WriteHistory): Record<string, number> {
  const observations = observe(device);
  const tally = new AreaTally(device.area);
  tally.rereadsLeft = 0;
  classifyChunk(device.area, 0, observations, history, { tally });
  history.adopt(device.area, 0, observations);
  return tally.finish().counts.faults;
}

function resyncSome(p: HonestDevice, s: HonestDevice, history: WriteHistory, prng: Prng, cutWithin: boolean): void {
  const block = prng.nextBelow(BLOCKS);
  if (p.busy(block, 1) || s.busy(block, 1)) return;
  history.copyIssued(block * BLOCK, BLOCK);
  s.copyIn(
    block,
    Array.from({ length: 8 }, (_, i) => p.read(block * 8 + i)),
  );
  if (cutWithin) return;
  s.flushAll();
  history.copyDurable(block * BLOCK, BLOCK);
}

it('the judge finds no fault on devices that keep their promises', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (seed) => {
      const prng = createPrng(seed);
      const history = new WriteHistory({ usableBytes: BLOCKS * BLOCK, runId: RUN });
      const devices = [
        new HonestDevice('primary', history, prng),
        new HonestDevice('secondary', history, prng),
      ] as const;
      let updateId = 0;
      for (let cycle = 0; cycle < 4; cycle++) {
        for (let step = 0; step < 80; step++) {
          const device = devices[prng.nextBelow(2)]!;
          const action = prng.nextBelow(20);
          const block = prng.nextBelow(BLOCKS - 3);
          const blocks = 1 + prng.nextBelow(3);
          if (action < 7 && !devices.some((d) => d.busy(block, blocks))) {
            updateId++;
            for (const d of devices) d.write(block, blocks, updateId);
          } else if (action < 13) device.completeOne(false);
          else if (action === 13) device.completeOne(true);
          else if (action < 16) device.beginFlush();
          else if (action < 18) device.endFlush();
          else if (action === 18) resyncSome(...devices, history, prng, prng.nextBelow(4) === 0);
          else if (prng.nextBelow(4) === 0) device.reset();
        }
        for (const device of devices) device.cut();
        for (const device of devices)
          expect(judgeAndAdopt(device, history), `cycle ${cycle} ${device.area}`).toEqual({});
      }
    }),
    { numRuns: 500 },
  );
});
