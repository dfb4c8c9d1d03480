/**
 * Promise: the fast path of the judge (a scan by blocks, then only the other blocks sector by sector) counts the same
 * as a classification of every sector, and leaves the same history.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BLOCK_HOLDS, SECTORS_PER_BLOCK } from '../../src/base/observation.js';
import { sectorTools } from '../../src/blockdev/sectorTools.js';
import { classifyChunk } from '../../src/judge/classify/classify.js';
import { countExpected, sectorsOf } from '../../src/judge/classify/expected.js';
import { owedOf } from '../../src/judge/classify/sector.js';
import { AreaTally } from '../../src/judge/classify/tally.js';
import { BLOCK, Medium, RUN, type Fate } from './medium.js';

const BLOCKS = 24;
const STRIDE = 6;
const tools = sectorTools('koffi');

const write = fc.record({
  block: fc.integer({ min: 0, max: BLOCKS - 1 }),
  blocks: fc.integer({ min: 1, max: 6 }),
  fate: fc.constantFrom<Fate>('inFlight', 'completed', 'durable', 'durable', 'fua'),
  /** Which sectors land: all, none, or those of a mask. */
  lands: fc.oneof(fc.constant(-1), fc.constant(0), fc.nat({ max: 2 ** 30 })),
});
const damage = fc.record({
  lba: fc.integer({ min: 0, max: BLOCKS * SECTORS_PER_BLOCK - 1 }),
  kind: fc.constantFrom('flip' as const, 'noise' as const, 'zero' as const, 'misplaced' as const, 'zeroBlock' as const),
});
const cycles = fc.array(
  fc.record({ writes: fc.array(write, { maxLength: 5 }), damages: fc.array(damage, { maxLength: 2 }) }),
  {
    minLength: 1,
    maxLength: 4,
  },
);

type Cycle = typeof cycles extends fc.Arbitrary<(infer T)[]> ? T : never;

function perform(medium: Medium, { writes, damages }: Cycle): void {
  for (const w of writes)
    medium.write(w.block, Math.min(w.blocks, BLOCKS - w.block), w.fate, (s) => ((w.lands >> (s % 30)) & 1) === 1);
  for (const { lba, kind } of damages) {
    const sector = medium.sector(lba);
    if (kind === 'flip') sector[100]! ^= 4;
    else if (kind === 'noise') medium.noise(lba);
    else if (kind === 'zero') sector.fill(0);
    else if (kind === 'zeroBlock')
      medium.bytes.fill(0, lba * 512 - ((lba * 512) % BLOCK), ((lba * 512) | (BLOCK - 1)) + 1);
    else medium.sector((lba + 9) % (BLOCKS * SECTORS_PER_BLOCK)).copy(sector);
  }
  medium.history.powerLost(medium.area);
}

/** As judgeChunk.ts does, without second reads. */
function judgeFast(medium: Medium): { outcome: object; looked: number } {
  const { area, history, bytes } = medium;
  const tally = new AreaTally(area);
  const held = new Float64Array(BLOCKS);
  const sectors = BLOCKS * SECTORS_PER_BLOCK;
  tools.scanBlocks(bytes, 0, bytes.length, { runId: RUN, firstLba: 0 }, held);
  const seen = medium.scan();
  const sectorBytes = (lba: number): Buffer => medium.sector(lba);
  let looked = 0;
  for (const run of countExpected({ area, firstBlock: 0, sectors, held }, history, tally)) {
    const from = run.first * SECTORS_PER_BLOCK;
    const part = seen.subarray(from * STRIDE, (from + sectorsOf(run, sectors)) * STRIDE);
    looked += run.count;
    const { suspects } = classifyChunk(area, from, part, history, { tally, sectorBytes });
    const rereads = new Map(suspects.map((lba) => [lba, seen.slice(lba * STRIDE, (lba + 1) * STRIDE)]));
    if (suspects.length > 0) classifyChunk(area, from, part, history, { tally, sectorBytes, rereads });
    history.adopt(area, run.first, part);
  }
  return { outcome: tally.finish(), looked };
}

function statesOf(medium: Medium): object[] {
  return Array.from({ length: BLOCKS }, (_, block) => owedOf(medium.area, block, medium.history));
}

it.each(['stamped', 'unknown'] as const)('over random cycles on a %s base', (base) => {
  fc.assert(
    fc.property(cycles, (list) => {
      const fast = new Medium(BLOCKS, { base });
      const slow = new Medium(BLOCKS, { base });
      for (const cycle of list) {
        perform(fast, cycle);
        perform(slow, cycle);
        expect(judgeFast(fast).outcome).toEqual({ ...slow.judgeAndAdopt(), suspects: undefined });
        expect(statesOf(fast)).toEqual(statesOf(slow));
      }
    }),
    { numRuns: 60 },
  );
});

it('only blocks with a write or damage are looked at again', () => {
  const medium = new Medium(BLOCKS);
  medium.write(3, 2, 'durable');
  medium.noise(9 * SECTORS_PER_BLOCK);
  expect(judgeFast(medium).looked).toBe(3);
  // The history has adopted the writes and knows the damage; it is still there.
  expect(judgeFast(medium).looked).toBe(1);
});

it('damage that has gone is forgotten, as by a classification of every sector', () => {
  const medium = new Medium(BLOCKS);
  const intact = Buffer.from(medium.bytes);
  medium.noise(9);
  judgeFast(medium);
  expect(owedOf('primary', 1, medium.history).damaged).toBe(2);
  intact.copy(medium.bytes);
  judgeFast(medium);
  expect(owedOf('primary', 1, medium.history).damaged).toBe(0);
});

it.each([4, 6])('a write of which block %i goes back to its older content is torn, and not lost', (block) => {
  const medium = new Medium(BLOCKS);
  const before = Buffer.from(medium.bytes);
  medium.write(4, 3, 'durable');
  judgeFast(medium);
  before.copy(medium.bytes, block * BLOCK, block * BLOCK, (block + 1) * BLOCK);
  const { outcome, looked } = judgeFast(medium);
  expect(outcome).toMatchObject({ counts: { faults: { 'torn-durable': SECTORS_PER_BLOCK } } });
  expect(looked).toBe(3);
});

it('an acknowledged update that is not on the medium is lost, also where the block is as the flushes demand', () => {
  const medium = new Medium(BLOCKS);
  medium.history.answered(7, 4 * BLOCK, BLOCK);
  expect(judgeFast(medium).outcome).toMatchObject({ lostAcknowledgedSectors: SECTORS_PER_BLOCK });
});

it('content from before the first write needs no second look when it is unknown', () => {
  const medium = new Medium(BLOCKS, { base: 'unknown' });
  medium.noise(5);
  expect(judgeFast(medium).looked).toBe(0);
  medium.sector(8)[0] = 1;
  const stamp = { runId: RUN, updateId: 3, transactionId: 0, firstLba: 16 };
  tools.stamp(medium.bytes, 16 * 512, 4096, stamp);
  expect(judgeFast(medium).looked).toBe(1);
});

it('a scan by blocks names the update of a block only when all of its sectors hold it in their places', () => {
  const bytes = Buffer.alloc(7 * 4096);
  const held = new Float64Array(7);
  const stampAt = (block: number, more: object): void =>
    tools.stamp(bytes, block * 4096, 4096, {
      runId: RUN,
      updateId: 5,
      transactionId: 1,
      firstLba: 80 + block * 8,
      ...more,
    });
  for (let block = 0; block < 4; block++) stampAt(block, {});
  bytes[4096 + 4000]! ^= 1;
  stampAt(2, { firstLba: 0 });
  tools.stamp(bytes, 3 * 4096 + 3584, 512, { runId: RUN, updateId: 6, transactionId: 1, firstLba: 80 + 3 * 8 + 7 });
  bytes[4 * 4096 + 1]! = 9;
  stampAt(5, { runId: RUN + 1 });
  stampAt(6, { runId: RUN + 1 });
  bytes[6 * 4096 + 300]! ^= 1;
  expect(tools.scanBlocks(bytes, 0, bytes.length, { runId: RUN, firstLba: 80 }, held)).toBe(7);
  const { foreign, mixed } = BLOCK_HOLDS;
  expect([...held]).toEqual([5, mixed, mixed, mixed, foreign, foreign, mixed]);
});
