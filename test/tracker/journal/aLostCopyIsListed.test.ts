/**
 * The log is kept twice, so that one lost block costs nothing. It had been durable all the same: to have lost it is the
 * device's fault, and is listed. What need not have been durable is nobody's fault. (The explorer's honest crash states
 * list nothing: its populated journals say so in everyDamagedBlockFailsDirty.)
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
  /** What the newest blocks say was durable when they were made. */
  durableThrough?: number;
  /** Blocks of which the second copy has that of a lap before. */
  lost?: number[];
  head?: number;
}

function findingsOf({ durableThrough = HEAD - 8, lost = [], head = HEAD }: Log): string[] {
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
  return findings.list.map((f) => `${f.class} ${f.effect} ${f.blockIndex}`);
}

describe('a block that one copy of the log has lost', () => {
  it('is listed where both copies were durable, and where it lies', () => {
    const at = layout.logOffset[1] / 512 + (TAIL % RING);
    expect(findingsOf({})).toEqual([]);
    expect(findingsOf({ lost: [TAIL] })).toEqual([`indicator-rot ignored ${at}`]);
    expect(findingsOf({ lost: [HEAD - 8] })).toHaveLength(1);
  });

  it('is not where nothing says that it was durable', () => {
    expect(findingsOf({ lost: [HEAD - 7, HEAD] })).toEqual([]);
  });

  it('is not where it holds no evidence any more: before the log began anew, a block in flight was taken for durable', () => {
    expect(findingsOf({ lost: [TAIL - 1, TAIL - 9] })).toEqual([]);
  });
});
