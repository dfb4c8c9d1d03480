/** Workloads of small scope, enumerated: writes up to renaming of transactions, with one thing that goes wrong among them. */
import type { Op } from './steps.js';

/** (first sector, sectors): halves of a region, a whole one, across two, the neighbour. A region has two sectors. */
const SHAPES: readonly [number, number][] = [
  [0, 1],
  [0, 2],
  [1, 2],
  [2, 1],
  [1, 1],
];

const RETURN: Op[] = [{ do: 'back' }, { do: 'resync' }];

/** What comes in between; the first is nothing. */
const EVENTS: readonly Op[][] = [
  [],
  [{ do: 'tick', ms: 3 }],
  [{ do: 'cut', device: 'S' }, ...RETURN],
  [{ do: 'fail', device: 'S' }, ...RETURN],
  [{ do: 'blink', device: 'S' }, ...RETURN],
  [{ do: 'failFlush', device: 'S' }, ...RETURN],
  [{ do: 'tick', ms: 8 }, ...RETURN],
  [{ do: 'giveUp' }, { do: 'resync' }],
  [
    { do: 'repeat', device: 'P' },
    { do: 'repeat', device: 'S' },
  ],
  [{ do: 'cut', device: 'P' }],
  [{ do: 'fail', device: 'P' }],
  [{ do: 'failFlush', device: 'P' }],
  [{ do: 'blink', device: 'P' }],
  [{ do: 'cut', device: 'J' }],
  [{ do: 'fail', device: 'J' }],
  [{ do: 'drain' }],
  [{ do: 'cut', device: 'S' }, { do: 'back' }, { do: 'resync' }, { do: 'stopResync' }, { do: 'resync' }],
];

/** All sequences of `updates` writes, shortest event first. Transactions are numbered in order of appearance. */
function* writes(updates: number): Generator<Extract<Op, { do: 'write' }>[]> {
  if (updates === 0) {
    yield [];
    return;
  }
  for (const before of writes(updates - 1)) {
    const used = new Set(before.map((w) => w.transaction)).size;
    for (const [sector, sectors] of SHAPES) {
      // The first write may as well touch region 0: regions are alike.
      if (before.length === 0 && sector === 2) continue;
      for (let transaction = 0; transaction <= Math.min(used, 2); transaction++) {
        yield [...before, { do: 'write', transaction, sector, sectors }];
      }
    }
  }
}

/** Scripts of up to `updatesMax` updates, small ones first; the same for everyone who asks. */
export function* smallScripts(updatesMax: number): Generator<Op[]> {
  for (let updates = 1; updates <= updatesMax; updates++) {
    for (const event of EVENTS) {
      for (const list of writes(updates)) {
        const places = event.length === 0 ? [updates] : Array.from({ length: updates }, (_, i) => i + 1);
        for (const place of places) yield withCloses([...list.slice(0, place), ...event, ...list.slice(place)]);
      }
    }
  }
}

/** Each transaction is closed behind its last write: the last of them at the end. */
function withCloses(ops: Op[]): Op[] {
  const last = new Map<number, number>();
  ops.forEach((op, i) => {
    if (op.do === 'write') last.set(op.transaction, i);
  });
  return ops.flatMap((op, i): Op[] =>
    op.do === 'write' && last.get(op.transaction) === i ? [op, { do: 'close', transaction: op.transaction }] : [op],
  );
}

/** After a recovery: the operator resynchronizes while the application writes on. */
export const AFTER_CRASH: readonly Op[] = [{ do: 'resync' }, { do: 'write', transaction: 0, sector: 0, sectors: 1 }];
