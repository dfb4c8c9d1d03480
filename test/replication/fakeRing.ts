/** A driver and its core over an I/O ring in memory, on a clock that the test advances. */
import { sealBlocks } from '../../src/tracker/journal/block.js';
import type { HostPause } from '../../src/base/attendedTime.js';
import type { IoOp, IoRing, SectorTools } from '../../src/blockdev/blockDevice.js';
import type { HistoryFeed } from '../../src/judge/history/feed.js';
import { ApplicationQueue } from '../../src/replication/application.js';
import { CoreDriver } from '../../src/replication/driver.js';
import { DriverClock } from '../../src/replication/driverClock.js';
import { Meter } from '../../src/replication/meter.js';
import type { InFlight } from '../../src/replication/replicationEngine.js';
import { planDriver } from '../../src/replication/sizes.js';
import { IndicatorMap } from '../../src/tracker/core/indicatorMap.js';
import { journalLayout } from '../../src/tracker/journal/layout.js';
import { RIG_UUID, WORKLOAD } from './mirror.js';

const NS_PER_MS = 1e6;
export const REGION_BYTES = 65536;
const REGIONS = 16;
const LOG_BYTES = 65536;
/** Bounds a hang only. */
const STEPS_MAX = 100_000;

export interface FakeIo {
  op: IoOp;
  device: number;
  tag: number;
  offset: number;
  length: number;
  arenaOffset: number;
}

/** What happened, in order: I/Os at the ring, and answers to the application. */
export type FakeEvent = { type: 'pushed' | 'completed'; io: FakeIo } | { type: 'answered'; updateId: number };

/**
 * Completes every I/O at the next reap, but those of `mute` devices and those that `holds` selects. When nothing
 * completes, a reap advances the clock by its timeout. Like the ring in C, it refuses I/O beyond its depth.
 */
export class FakeRing implements IoRing {
  readonly kind = 'threads';
  readonly ffi = 'koffi';
  readonly depth: number;
  readonly arena: Buffer;
  /** Devices that answer nothing. */
  readonly mute = new Set<number>();
  holds: (io: FakeIo) => boolean = () => false;
  /** The errno with which an I/O fails; 0: it succeeds. */
  fails: (io: FakeIo) => number = () => 0;
  nowMs = 5000;
  readonly events: FakeEvent[] = [];
  inFlightMax = 0;
  closed = false;
  pending: FakeIo[] = [];
  private taken: FakeIo[] = [];

  constructor(arenaBytes: number, depth: number) {
    this.arena = Buffer.alloc(arenaBytes);
    this.depth = depth;
  }

  get inFlight(): number {
    return this.pending.length;
  }

  push(op: IoOp, device: number, tag: number, offset: number, length: number, arenaOffset: number): void {
    if (this.pending.length >= this.depth) throw new RangeError(`push: ${this.depth} descriptors are in flight`);
    const io = { op, device, tag, offset, length, arenaOffset };
    this.pending.push(io);
    this.inFlightMax = Math.max(this.inFlightMax, this.pending.length);
    this.events.push({ type: 'pushed', io });
  }

  submitAndReap(minComplete: number, timeoutNs: number): number {
    const submitted = this.pending;
    this.taken = [];
    this.pending = [];
    for (const io of submitted) (this.mute.has(io.device) || this.holds(io) ? this.pending : this.taken).push(io);
    for (const io of this.taken) this.events.push({ type: 'completed', io });
    if (this.taken.length < minComplete) this.nowMs += timeoutNs / NS_PER_MS;
    return this.taken.length;
  }

  /** Makes the next reap return a completion with this tag, as a ring that breaks its contract would. */
  forge(tag: number): void {
    this.pending.unshift({ op: 2, device: 0, tag, offset: 0, length: 4096, arenaOffset: 0 });
  }

  tag(i: number): number {
    return this.taken[i].tag;
  }

  result(i: number): number {
    const errno = this.fails(this.taken[i]);
    return errno === 0 ? this.taken[i].length : -errno;
  }

  submittedNs(): number {
    return this.nowMs * NS_PER_MS;
  }

  completedNs(): number {
    return this.nowMs * NS_PER_MS;
  }

  unanswered(deviceIndex: number): number {
    return this.pending.filter(({ device }) => device === deviceIndex).length;
  }

  discard(): number {
    this.pending = this.pending.filter(({ device }) => this.mute.has(device));
    return this.pending.length;
  }

  close(): void {
    this.closed = true;
  }
}

const noStamps = { stamp: () => undefined, sealBlocks } as unknown as SectorTools;

export interface FakeSetup {
  ackTimeoutMs?: number;
  durability?: 'fua' | 'flush';
  queueDepth?: number;
  /** Regions that await resync at the start. */
  dirty?: readonly number[];
}

/** An open core. `write` obtains one update in a transaction of its own. */
export function drivenCore({ ackTimeoutMs = 1000, durability = 'fua', queueDepth = 4, dirty = [] }: FakeSetup = {}) {
  const layout = journalLayout(LOG_BYTES, REGIONS);
  const plan = planDriver({
    geometry: { regionBytes: REGION_BYTES, usableBytes: REGIONS * REGION_BYTES, logBytes: LOG_BYTES },
    ringBlocks: layout.ringBlocks,
    tracking: {
      mode: 'sync',
      acknowledge: 'durable',
      regionBytes: REGION_BYTES,
      lingerMs: 100,
      hotRegions: 4,
      ackTimeoutMs,
      groupCommitMs: 0,
      flushEveryWrites: 1,
      flushIntervalMs: 1,
    },
    durability: { primary: durability, secondary: durability, journal: durability },
    workload: { queueDepth, writeBytesMax: WORKLOAD.writeBytes.max },
    recovery: { firstSequence: 0, recoveredThrough: -1 },
  });
  const ring = new FakeRing(plan.arenaBytes, plan.ioDepth);
  const pauses: HostPause[] = [];
  const clock = new DriverClock(
    (pause) => pauses.push(pause),
    () => ring.nowMs,
    ackTimeoutMs,
  );
  /** Calls of the history, as `copyDurable 65536`. */
  const history: string[] = [];
  const queue = new ApplicationQueue();
  const failures: { device: number; errno: number; inFlight: InFlight }[] = [];
  const driver = new CoreDriver({
    io: ring,
    tools: noStamps,
    plan,
    layout,
    identity: { rigUuid: new Uint8Array(Buffer.from(RIG_UUID.replaceAll('-', ''), 'hex')), formatEpoch: 1 },
    pageGeneration: 0,
    runId: 1,
    history: recordingFeed(history, (updateId) => ring.events.push({ type: 'answered', updateId })),
    meter: new Meter(),
    queue,
    clock,
    onFailure: (device, errno, _atNs, inFlight) => failures.push({ device, errno, inFlight }),
  });
  const { core } = driver;
  const map = new IndicatorMap(REGIONS);
  for (const region of dirty) map.set(region);
  core.loadDirty(map, dirty.length > 0 ? [0] : []);
  const steps = (until: () => boolean): void => {
    for (let i = 0; !until(); i++) {
      if (i === STEPS_MAX) throw new Error(`the condition is not true after ${STEPS_MAX} steps`);
      driver.step(1, NS_PER_MS);
    }
  };
  steps(() => core.ready);
  ring.events.length = 0;
  return {
    ring,
    core,
    driver,
    clock,
    queue,
    history,
    failures,
    pauses,
    steps,
    plan,
    write(offset = 0, length = 4096): void {
      const slot = core.obtain(core.begin(), offset, length, driver.nowMs);
      if (slot < 0) throw new Error(`the core takes no update at ${offset}: ${slot}`);
      driver.obtained(slot, driver.nowMs);
      queue.obtained();
    },
    /** Steps of 1 ms each. */
    pass(ms: number): void {
      const untilMs = ring.nowMs + ms;
      steps(() => ring.nowMs >= untilMs);
    },
    lost: (): boolean[] => [core.state.primaryLost, core.state.secondaryAway, core.state.journalLost],
  };
}

/** Writes the names of all calls to `calls`. */
function recordingFeed(calls: string[], answered: (updateId: number) => void): HistoryFeed {
  let token = 0;
  const note =
    (name: string) =>
    (...args: unknown[]): void =>
      void calls.push([name, ...args].join(' '));
  return {
    issued: note('issued'),
    completed: note('completed'),
    durableCompleted: note('durableCompleted'),
    flushSubmitted: (area) => {
      calls.push(`flushSubmitted ${area}`);
      return ++token;
    },
    flushCompleted: (area, _token, ok) => void calls.push(`flushCompleted ${area} ${ok}`),
    powerLost: note('powerLost'),
    answered,
    copyIssued: note('copyIssued'),
    copyDurable: note('copyDurable'),
  };
}

/** Position of the first event of this type whose I/O `selects`, at or after `from`; -1: none. */
export function find(
  events: readonly FakeEvent[],
  type: 'pushed' | 'completed',
  selects: (io: FakeIo) => boolean,
  from = 0,
): number {
  return events.findIndex((e, i) => i >= from && e.type === type && selects(e.io));
}
