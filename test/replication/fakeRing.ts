/** A driver and its core over a ring in the test's hand, on a clock in the test's hand. */
import type { HostPause } from '../../src/base/attendedTime.js';
import { IndicatorMap } from '../../src/tracker/core/indicatorMap.js';
import type { IoRing, SectorTools } from '../../src/blockdev/blockDevice.js';
import { ApplicationQueue } from '../../src/replication/application.js';
import { CoreDriver } from '../../src/replication/driver.js';
import { DriverClock } from '../../src/replication/driverClock.js';
import { Meter } from '../../src/replication/meter.js';
import { planDriver } from '../../src/replication/sizes.js';
import { journalLayout } from '../../src/tracker/journal/layout.js';
import { RIG_UUID, WORKLOAD } from './mirror.js';

const NS_PER_MS = 1e6;
const REGION_BYTES = 65536;
const REGIONS = 16;
const LOG_BYTES = 65536;

interface Pushed {
  device: number;
  tag: number;
  length: number;
}

/** Answers what its devices answer; waits for as long as it may when there is nothing. */
export class FakeRing implements IoRing {
  readonly kind = 'threads';
  readonly ffi = 'koffi';
  readonly depth = 1024;
  readonly arena: Buffer;
  /** Devices that leave all unanswered. */
  readonly mute = new Set<number>();
  nowMs = 5000;
  private pending: Pushed[] = [];
  private taken: Pushed[] = [];

  constructor(arenaBytes: number) {
    this.arena = Buffer.alloc(arenaBytes);
  }

  get inFlight(): number {
    return this.pending.length;
  }

  push(_op: number, device: number, tag: number, _offset: number, length: number): void {
    this.pending.push({ device, tag, length });
  }

  submitAndReap(minComplete: number, timeoutNs: number): number {
    this.taken = this.pending.filter(({ device }) => !this.mute.has(device));
    this.pending = this.pending.filter(({ device }) => this.mute.has(device));
    if (this.taken.length < minComplete) this.nowMs += timeoutNs / NS_PER_MS;
    return this.taken.length;
  }

  tag(i: number): number {
    return this.taken[i].tag;
  }

  result(i: number): number {
    return this.taken[i].length;
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
    return this.pending.length;
  }

  close(): void {
    this.pending = [];
  }
}

const noStamps = { stamp: () => undefined } as unknown as SectorTools;

/** Opened, with nothing dirty; one update is obtained by `write`. */
export function drivenCore(ackTimeoutMs: number) {
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
    durability: { primary: 'fua', secondary: 'fua', journal: 'fua' },
    workload: { queueDepth: 4, writeBytesMax: WORKLOAD.writeBytes.max },
    recovery: { firstSequence: 0, recoveredThrough: -1 },
  });
  const ring = new FakeRing(plan.arenaBytes);
  const standstills: HostPause[] = [];
  const clock = new DriverClock(
    (standstill) => standstills.push(standstill),
    () => ring.nowMs,
    ackTimeoutMs,
  );
  const driver = new CoreDriver({
    io: ring,
    tools: noStamps,
    plan,
    layout,
    identity: { rigUuid: new Uint8Array(Buffer.from(RIG_UUID.replaceAll('-', ''), 'hex')), formatEpoch: 1 },
    pageGeneration: 0,
    runId: 1,
    history: null,
    meter: new Meter(),
    queue: new ApplicationQueue(),
    clock,
    onFailure: () => undefined,
  });
  const { core } = driver;
  core.loadDirty(new IndicatorMap(REGIONS), []);
  const steps = (until: () => boolean): void => {
    for (let i = 0; !until(); i++) {
      if (i === 100_000) throw new Error('it does not happen');
      driver.step(1, NS_PER_MS);
    }
  };
  steps(() => core.ready);
  return {
    ring,
    core,
    clock,
    standstills,
    steps,
    write(): void {
      const slot = core.obtain(core.begin(), 0, 4096, driver.nowMs);
      driver.obtained(slot, driver.nowMs);
    },
    /** Rounds of 1 ms in which nobody is stopped. */
    pass(ms: number): void {
      const untilMs = ring.nowMs + ms;
      steps(() => ring.nowMs >= untilMs);
    },
    lost: (): boolean[] => [core.state.primaryLost, core.state.secondaryAway, core.state.journalLost],
  };
}
