/** Pages are counted, and records of a checkpoint; no time and no size of the process is measured. */
import { describe, expect, it } from 'vitest';
import { OBSERVATION_FIELD, OBSERVED, SECTORS_PER_BLOCK } from '../../src/base/observation.js';
import { BLOCK_MARK } from '../../src/judge/history/areaHistory.js';
import { PAGE_BLOCKS } from '../../src/judge/history/blockPages.js';
import { WriteHistory } from '../../src/judge/history/history.js';
import { NO_PAGE, PageIndex } from '../../src/judge/history/pageIndex.js';
import { checkpointOf } from '../../src/judge/history/replay.js';
import { AREAS, BLOCK } from './historyDriver.js';
import { blockOf } from './ledger.js';

const PIB = 2 ** 50;
const PAGE_BYTES = PAGE_BLOCKS * BLOCK;
const RUN = 5;

function history(usableBytes = PIB): WriteHistory {
  return new WriteHistory({ usableBytes, runId: RUN });
}

function pages(h: WriteHistory): number[] {
  return AREAS.map((area) => h.area(area).pageCount);
}

function write(h: WriteHistory, id: number, offset: number, length = BLOCK): void {
  for (const area of AREAS) {
    h.issued(area, id, offset, length);
    h.completed(area, id, offset, length, true);
    h.flushCompleted(area, h.flushSubmitted(area), true);
  }
  h.answered(id, offset, length);
}

/** Observations of `blocks` blocks that all hold update `id`. */
function holding(id: number, firstBlock: number, blocks: number): Float64Array {
  const F = OBSERVATION_FIELD;
  const out = new Float64Array(blocks * SECTORS_PER_BLOCK * F.strideDoubles);
  for (let s = 0; s < blocks * SECTORS_PER_BLOCK; s++) {
    out.set([OBSERVED.valid, RUN, id, firstBlock * SECTORS_PER_BLOCK + s], s * F.strideDoubles);
  }
  return out;
}

describe('an area of 1 PiB', () => {
  it('takes a page for each 128 KiB that a write touches, and none before', () => {
    const h = history();
    expect(pages(h)).toEqual([0, 0]);
    for (let i = 0; i < 1000; i++) write(h, i + 1, i * (PIB / 1000 - ((PIB / 1000) % PAGE_BYTES)));
    expect(pages(h)).toEqual([1000, 1000]);
    write(h, 1001, PIB - PAGE_BYTES - BLOCK, PAGE_BYTES + BLOCK);
    expect(pages(h)).toEqual([1002, 1002]);
    expect(blockOf(h, 'primary', PIB / BLOCK - 1)).toMatchObject({ durable: 1001, issued: 1001, acknowledged: 1001 });
    expect(blockOf(h, 'secondary', PIB / BLOCK - PAGE_BLOCKS - 2)).toMatchObject({ durable: 0, issued: 0 });
  });

  it('takes no page for a copy of what was never written, nor for reading and adopting it', () => {
    const h = history();
    h.copyIssued(0, 2 ** 30);
    h.copyDurable(0, 2 ** 30);
    for (const area of AREAS) h.adopt(area, 2 ** 33, holding(0, 2 ** 33, 256), () => expect.unreachable());
    h.adoptBlock('primary', 9, { durable: 0, issued: 0, damaged: 0 });
    expect(pages(h)).toEqual([0, 0]);
    expect([...checkpointOf(h)]).toHaveLength(2);
  });

  it('takes pages of S for those blocks of a copied region that differ from the base', () => {
    const h = history();
    for (const area of ['primary'] as const) {
      h.issued(area, 1, 5 * PAGE_BYTES, BLOCK);
      h.completed(area, 1, 5 * PAGE_BYTES, BLOCK, true);
      h.flushCompleted(area, h.flushSubmitted(area), true);
    }
    h.copyIssued(0, 2 ** 30);
    expect(pages(h)).toEqual([1, 1]);
    expect(blockOf(h, 'secondary', 5 * PAGE_BLOCKS)).toMatchObject({ durable: 0, issued: 1 });
    h.copyDurable(0, 2 ** 30);
    expect(blockOf(h, 'secondary', 5 * PAGE_BLOCKS)).toMatchObject({ durable: 1, issued: 1 });
  });

  it('takes pages for content that the judge did not expect', () => {
    const h = history();
    h.adopt('secondary', 2 ** 33, new Float64Array(SECTORS_PER_BLOCK * OBSERVATION_FIELD.strideDoubles));
    expect(pages(h)).toEqual([0, 1]);
    expect(blockOf(h, 'secondary', 2 ** 33).damaged).toBe(0xff);
    h.copyIssued(2 ** 33 * BLOCK, BLOCK);
    expect(blockOf(h, 'secondary', 2 ** 33)).toMatchObject({ damaged: 0xff, marks: BLOCK_MARK.touched });
    h.copyDurable(2 ** 33 * BLOCK, BLOCK);
    expect(blockOf(h, 'secondary', 2 ** 33)).toMatchObject({ damaged: 0, marks: 0 });
  });

  it('has a checkpoint with a record for each run that was written', () => {
    const h = history();
    write(h, 1, 2 ** 45, 2 ** 22);
    write(h, 2, PIB - BLOCK);
    const [positions, blocks, marks, answers] = [2, 2 * 2, 2 * 2, 2];
    expect([...checkpointOf(h)]).toHaveLength(positions + blocks + marks + answers);
  });
});

it('every page that was added is found, and no other', () => {
  const index = new PageIndex();
  const numberOf = (i: number): number => (i % 3 === 0 ? i : i % 3 === 1 ? 2 ** 32 * i + 7 : 2 ** 36 - i);
  for (let i = 0; i < 10_000; i++) {
    expect(index.find(numberOf(i))).toBe(NO_PAGE);
    expect(index.add(numberOf(i))).toBe(i);
  }
  for (let i = 0; i < 10_000; i++) expect(index.find(numberOf(i))).toBe(i);
  expect(index.find(2 ** 35 + 1)).toBe(NO_PAGE);
  expect(index.size).toBe(10_000);
});
