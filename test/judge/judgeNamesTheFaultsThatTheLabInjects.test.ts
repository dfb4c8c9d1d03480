/**
 * A virtual disk of the lab (cache, kill model and faults, without the kernel) gets a random load and a cut. The judge
 * sees only the host's side. It must name the fault that was injected, and no other.
 */
import { describe, expect, it } from 'vitest';
import { classifyChunk } from '../../src/judge/classify/classify.js';
import { WriteHistory } from '../../src/judge/history/history.js';
import { AreaTally } from '../../src/judge/classify/tally.js';
import { sectorTools } from '../../src/blockdev/sectorTools.js';
import type { VirtualDevice } from '../../src/lab/disk/device.js';
import type { PowerLineEnd } from '../../src/lab/disk/diskPower.js';
import { parseFaults } from '../../src/lab/faults/spec.js';
import { wrapDevice, wrapMedium } from '../../src/lab/faults/wrap.js';
import { seededRandom } from '../../src/lab/random.js';
import { OBSERVATION_FIELD as F, OBSERVED_UNREADABLE } from '../../src/base/observation.js';
import { createWorkload } from '../../src/workload/workload.js';
import { memoryCache, MemoryMedium, recordingContext } from '../lab/memoryMedium.js';

const DISK = 4 * 1024 * 1024;
const RUN = 3;
const CHUNK = 64 * 1024;
const tools = sectorTools('koffi');
const BASE = Buffer.alloc(DISK);
tools.stamp(BASE, 0, DISK, { runId: RUN, updateId: 0, transactionId: 0, firstLba: 0 });
const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);

/** Reads as the bench does: a chunk, and sector by sector where that fails. */
function observe(disk: VirtualDevice, offset: number, length: number, bytes: Buffer): Float64Array {
  const out = new Float64Array((length / 512) * F.strideDoubles);
  const unreadable: number[] = [];
  if (disk.read(offset, bytes, 0, length) !== 0) {
    for (let at = 0; at < length; at += 512)
      if (disk.read(offset + at, bytes, at, 512) !== 0) unreadable.push(at / 512);
  }
  tools.scan(bytes, 0, length, out);
  for (const sector of unreadable) out[sector * F.strideDoubles + F.kind] = OBSERVED_UNREADABLE;
  return out;
}

function judge(disk: VirtualDevice, history: WriteHistory): Record<string, number> {
  const tally = new AreaTally('primary');
  const bytes = Buffer.alloc(CHUNK);
  for (let offset = 0; offset < DISK; offset += CHUNK) {
    const firstLba = offset / 512;
    const observations = observe(disk, offset, CHUNK, bytes);
    const sectorBytes = (lba: number): Buffer => bytes.subarray((lba - firstLba) * 512, (lba - firstLba + 1) * 512);
    const { suspects } = classifyChunk('primary', firstLba, observations, history, { tally, sectorBytes });
    if (suspects.length === 0) continue;
    const rereads = new Map(suspects.map((lba) => [lba, observe(disk, lba * 512, 512, sectorBytes(lba))]));
    classifyChunk('primary', firstLba, observations, history, { tally, sectorBytes, rereads });
  }
  return tally.finish().counts.faults;
}

/** 300 writes with a flush after every seventh, then a cut. Returns the faults named and how often the fault struck. */
function cutUnderLoad(
  seed: number,
  faults: Record<string, unknown>[],
): { named: Record<string, number>; struck: number } {
  const specs = parseFaults('p', faults);
  const image = new MemoryMedium(DISK);
  BASE.copy(image.bytes);
  const random = (stream: string): ReturnType<typeof seededRandom> => seededRandom(seed, stream);
  const context = recordingContext(DISK, { random, loseUnflushed: (r, p) => cache.loseSome(r, p) });
  const kill = { model: 'keep-drop' as const, keepProbability: 0.5, tearProbability: 0.5 };
  const cache = memoryCache(wrapMedium(image, specs, context), DISK, {
    cacheBytes: 1024 * 1024,
    kill,
    random: random('kill'),
  });
  const line = {} as PowerLineEnd;
  const disk = wrapDevice(cache, specs, context, { image, line, onCut: () => context.cutCount++ });
  const history = new WriteHistory({ usableBytes: DISK, runId: RUN });
  const shape = { writesPerTransaction: { min: 1, max: 1 }, writeBytes: { min: 4096, max: 65_536 } };
  const extent = { usableBytes: DISK, alignBytes: 512 };
  const workload = createWorkload({ ...shape, ...extent, addresses: { pattern: 'skewed', skew: 0.4 } }, seed);
  for (let id = 1; id <= 300; id++) {
    const { offsetBytes, lengthBytes } = workload.nextTransaction().writes[0]!;
    const data = Buffer.alloc(lengthBytes);
    tools.stamp(data, 0, lengthBytes, { runId: RUN, updateId: id, transactionId: id, firstLba: offsetBytes / 512 });
    history.issued('primary', id, offsetBytes, lengthBytes);
    history.completed('primary', id, offsetBytes, lengthBytes, disk.write(offsetBytes, data, 0, lengthBytes) === 0);
    if (id % 7 === 0) {
      const token = history.flushSubmitted('primary');
      history.flushCompleted('primary', token, disk.flush() === 0);
    }
  }
  disk.powerLost();
  history.powerLost('primary');
  return { named: judge(disk, history), struck: context.records.length };
}

describe('the judge', () => {
  it('names no fault on a disk without faults', () => {
    for (const seed of SEEDS) expect(cutUnderLoad(seed, []).named).toEqual({});
  });

  it('names no fault if a flush failed once and reported it', () => {
    for (const seed of SEEDS) {
      const { named, struck } = cutUnderLoad(seed, [{ class: 'error-once', afterFlushes: 20, lossProbability: 1 }]);
      expect([named, struck > 0]).toEqual([{}, true]);
    }
  });

  // Late in the load, so that few of its writes are overwritten. `with`: classes that the same fault may cause too.
  const late = { afterWrites: 285 };
  it.each<{ class: string; options: Record<string, unknown>; with?: string[] }>([
    { class: 'lost-write', options: late },
    { class: 'torn-durable', options: late },
    { class: 'bit-corruption', options: late },
    { class: 'misdirected-write', options: late, with: ['lost-write', 'torn-durable'] },
    { class: 'lying-flush', options: {}, with: ['torn-durable'] },
    { class: 'stuck-bits', options: { offset: 65_536, length: 262_144 }, with: ['bit-corruption'] },
    { class: 'shorn', options: { count: 4 }, with: [] },
    { class: 'garbage', options: { count: 4 } },
    { class: 'collateral', options: { count: 1 }, with: ['garbage'] },
    { class: 'region-loss', options: { offset: 65_536, length: 131_072 } },
    { class: 'latent-error', options: { afterCuts: 1, offset: 65_536 } },
    { class: 'misdirected-read', options: { afterCuts: 1, afterReads: 20 } },
    { class: 'stale-read', options: { afterWrites: 290 } },
  ])('names $class', ({ class: name, options, with: others = [] }) => {
    let hits = 0;
    let strikes = 0;
    for (const seed of SEEDS) {
      const { named, struck } = cutUnderLoad(seed, [{ class: name, ...options }]);
      if (struck > 0) strikes++;
      if (named[name] !== undefined) hits++;
      const stray = Object.keys(named).filter((found) => found !== name && !others.includes(found));
      expect(stray, `seed ${seed}: ${JSON.stringify(named)}`).toEqual([]);
      if (struck === 0) expect(named).toEqual({});
    }
    // Not all: the load or the cache may have overwritten the damaged sectors.
    expect(hits, `named ${hits} of ${strikes}`).toBeGreaterThanOrEqual(Math.max(1, strikes / 3));
  });
});
