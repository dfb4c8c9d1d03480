/**
 * Promise: at a cut point without a cut the engine writes nothing while it is halted, for longer than any deadline of
 * the protocol. Once disarmed it continues, and the result is consistent.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type {
  ReplicationEngine,
  ReplicationSnapshot,
  ReplicationSpec,
  PointEvent,
  TrackingSpec,
} from '../../src/replication/replicationEngine.js';
import { createReplicationEngine } from '../../src/replication/worker/client.js';
import { CUT_POINT_NAMES, CUT_POINTS } from '../../src/rig/cutPoints.js';
import type { CutPoint } from '../../src/replication/cutpoint/cutPoint.js';
import { isBuilt, loadSome, MIB, useMirrors, WORKLOAD } from './mirror.js';

const mirrors = useMirrors();
/** Longer than a pause of a busy host, so that no write times out by itself; shorter than a test may take. */
const ACK_TIMEOUT_MS = 3000;
/** Bounds a hang only. */
const REACHED_WITHIN_MS = 30_000;
/** Snapshots come ten times a second. After this many equal ones, I/O that was in flight has ended. */
const EQUAL_SNAPSHOTS = 10;
const SNAPSHOT_MS = 120;
/** Bounds a hang only. */
const ROUNDS_MAX = 250;
const SMALL = {
  areaBytes: 4 * MIB,
  journalBytes: 2 * MIB,
  logBytes: MIB / 2,
  tracking: { ackTimeoutMs: ACK_TIMEOUT_MS, regionBytes: 16384 },
};
/** Slower than a workload at full speed: some regions stay cold, and single updates have their own log records. */
const LOAD = { ...WORKLOAD, queueDepth: 8, writeBytes: { min: 4096, max: 16384 } };

interface Seen {
  engine: ReplicationEngine;
  spec: ReplicationSpec;
  reached: () => Promise<Extract<PointEvent, { type: 'reached' }>>;
  ended: () => Extract<PointEvent, { type: 'ended' }> | undefined;
  written: () => number[];
  /** Snapshots so far: each shows that the thread of the engine has run. */
  snapshots: () => number;
}

/** A mirror whose copies are equal, or (`dirty`) whose journal says that every region awaits resync. */
async function mirror(content: 'clean' | 'dirty', tracking: Partial<TrackingSpec> = {}): Promise<Seen> {
  const d = mirrors.devices(SMALL);
  const spec = mirrors.spec(d, { ...SMALL, tracking: { ...SMALL.tracking, ...tracking } });
  const events: PointEvent[] = [];
  let last: ReplicationSnapshot | null = null;
  let snapshots = 0;
  const onSnapshot = (s: ReplicationSnapshot): void => {
    last = s;
    snapshots++;
  };
  const engine = await createReplicationEngine(
    { onFailure: () => undefined, onSnapshot, onPoint: (e) => void events.push(e) },
    { ffi: 'koffi' },
  );
  await engine.open(spec);
  await engine.format('dirty');
  await engine.prepare();
  await engine.format(content);
  return {
    engine,
    spec,
    async reached() {
      for (let i = 0; i < REACHED_WITHIN_MS / 10 && events.length === 0; i++) await sleep(10);
      const [first] = events;
      if (first?.type !== 'reached') throw new Error(`the point was not reached: ${JSON.stringify(first ?? null)}`);
      return first;
    },
    ended: () => events.find((e) => e.type === 'ended'),
    written: () => Object.values(last!.writes),
    snapshots: () => snapshots,
  };
}

/** Waits until the counts of writes stay equal; returns them. */
async function writesAtHalt({ written, snapshots }: Seen): Promise<number[]> {
  let last = written();
  let seen = snapshots();
  for (let round = 0, equal = 0; equal < EQUAL_SNAPSHOTS; round++) {
    if (round === ROUNDS_MAX) throw new Error('the engine did not halt');
    await sleep(SNAPSHOT_MS);
    // A thread that gets no processor writes nothing either, but is not halted: wait for a new snapshot.
    if (snapshots() === seen) continue;
    seen = snapshots();
    const now = written();
    equal = now.every((count, i) => count === last[i]) ? equal + 1 : 0;
    last = now;
  }
  return last;
}

async function moreThan(count: number, written: () => number): Promise<void> {
  for (let round = 0; written() <= count; round++) {
    if (round === ROUNDS_MAX) throw new Error('the engine did not resume');
    await sleep(SNAPSHOT_MS);
  }
}

async function work(engine: ReplicationEngine, at: CutPoint): Promise<unknown> {
  const point = { at, afterMs: 20, areas: ['primary', 'secondary', 'journal'] } as const;
  const { during } = CUT_POINTS[at];
  if (during === 'recovery') return engine.recover({ ...point, afterMs: 0 });
  await engine.recover();
  return during === 'load' ? engine.load(LOAD, 3, null, point) : engine.resync(undefined, { ...point, afterMs: 0 });
}

describe.runIf(isBuilt)('at a cut point', () => {
  // The cases mostly wait.
  it.concurrent.for(CUT_POINT_NAMES)('%s the engine halts, and resumes once disarmed', async (at, { expect }) => {
    const { during } = CUT_POINTS[at];
    const seen = await mirror(during === 'resync' ? 'dirty' : 'clean');
    const { engine } = seen;
    try {
      let isOver = false;
      const running = work(engine, at).finally(() => (isOver = true));
      expect((await seen.reached()).at).toBe(at);
      const before = await writesAtHalt(seen);
      await sleep(ACK_TIMEOUT_MS + 200);
      expect(seen.written()).toEqual(before);
      expect(isOver).toBe(false);
      await engine.disarmPoint();
      if (during === 'load') {
        await moreThan(before[0], () => seen.written()[0]);
        await engine.stop();
      }
      const report = await running;
      expect(seen.ended()).toMatchObject({ inFlight: {} });
      if (during === 'load') {
        // Updates are given up at exactly those points at which the core takes S as lost.
        const { updatesGivenUp, updatesRefused } = report as { updatesGivenUp: number; updatesRefused: number };
        expect(updatesRefused).toBe(0);
        expect(updatesGivenUp > 0).toBe(at.startsWith('mark-'));
      }
      if (during === 'resync') expect(report).toMatchObject({ complete: true });
      await engine.abandon();
      // The engine crashes here: the disks must be consistent.
      await engine.open(seen.spec);
      await engine.recover();
      expect(await engine.judge()).toMatchObject({ lostIndicators: 0, lostAcknowledgedSectors: 0 });
      await engine.resync();
      expect(await engine.verify()).toMatchObject({ equal: true });
    } finally {
      await engine.terminate();
    }
  });
});

it.runIf(isBuilt)('clear-durable is reached at the end of a resync that clears all its regions at once', async () => {
  const seen = await mirror('clean', { lingerMs: 60_000 });
  const { engine } = seen;
  try {
    await engine.recover();
    // A few updates; the engine crashes and leaves their evidence. A second attempt writes the same ones (same seed).
    await loadSome(engine, { ...LOAD, maxWritesPerSecond: 2 }, 3, 1000);
    await engine.abandon();
    await engine.open(seen.spec);
    const { dirtyRegions } = await engine.recover();
    expect(dirtyRegions).toBeGreaterThan(0);
    expect(dirtyRegions).toBeLessThan(9);
    const running = engine.resync(undefined, { at: 'clear-durable', afterMs: 0, areas: ['secondary'] });
    expect(await seen.reached()).toMatchObject({ held: true, subject: { kind: 'page', area: 'journal' } });
    await engine.disarmPoint();
    expect(await running).toMatchObject({ complete: true, regions: dirtyRegions });
  } finally {
    await engine.terminate();
  }
});
