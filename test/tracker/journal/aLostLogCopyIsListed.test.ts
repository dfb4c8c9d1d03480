/**
 * The log has two copies, so one lost block costs nothing. But the block had been durable: its loss is a fault of the
 * device and is listed. The loss of a block that need not have been durable is no fault and is not listed.
 */
import { describe, expect, it } from 'vitest';
import { Findings } from '../../../src/tracker/journal/findings.js';
import { journalLayout, LOG_BYTES_MIN } from '../../../src/tracker/journal/layout.js';
import type { LogBlock } from '../../../src/tracker/journal/logBlock.js';
import { recoverLog } from '../../../src/tracker/journal/recoverLog.js';

const layout = journalLayout(LOG_BYTES_MIN, 100);
const RING = layout.ringBlocks;
/** Evidence is in TAIL … HEAD, a lap after the format. */
const TAIL = 2 * RING + 8;
const HEAD = TAIL + 15;

interface Log {
  /** "Durable through" of the newest blocks. */
  durableThrough?: number;
  /** Blocks of which the second copy has the block of the previous lap. */
  lost?: number[];
  head?: number;
}

function findingsOf({ durableThrough = HEAD - 8, lost = [], head = HEAD }: Log) {
  const block = (sequence: number): LogBlock => ({
    sequence,
    tail: Math.min(sequence, TAIL),
    durableThrough: sequence < HEAD - 3 ? sequence - 8 : durableThrough,
    recordCount: 0,
    records: [],
  });
  const newestAt = (place: number): number => {
    const lap = head - ((head - place) % RING);
    return lap;
  };
  const findings = new Findings();
  const recovered = recoverLog(
    layout,
    100,
    (copy, place) => block(newestAt(place) - (copy === 1 && lost.includes(newestAt(place)) ? RING : 0)),
    findings,
  );
  expect(recovered).toMatchObject({ damaged: false, head, tail: TAIL });
  return findings.list.map((f) => [f.class, f.effect, f.blockIndex]);
}

describe('a block that one copy of the log has lost', () => {
  it('is listed with its position where both copies were durable', () => {
    const at = layout.logOffset[1] / 512 + (TAIL % RING);
    expect(findingsOf({})).toEqual([]);
    expect(findingsOf({ lost: [TAIL] })).toEqual([['indicator-rot', 'ignored', at]]);
    expect(findingsOf({ lost: [HEAD - 8] })).toHaveLength(1);
  });

  it('is not listed where no block states that it was durable', () => {
    expect(findingsOf({ lost: [HEAD - 7, HEAD] })).toEqual([]);
  });

  it('is not listed before the tail: it holds no evidence, and may have been in flight in one copy at an earlier cut', () => {
    expect(findingsOf({ lost: [TAIL - 1, TAIL - 9] })).toEqual([]);
  });
});
