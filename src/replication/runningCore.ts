/** A core with its driver, its ring and its pools, from the end of recovery to an orderly end. */
import type { HostPause } from '../base/attendedTime.js';
import { NS_PER_MS } from '../base/clock.js';
import type { Core } from '../tracker/core/core.js';
import { JOURNAL, PRIMARY, SECONDARY, type DeviceIndex } from '../tracker/core/devices.js';
import { createIoRing } from '../blockdev/ioRing.js';
import type { IoRing, SectorTools } from '../blockdev/blockDevice.js';
import type { HistoryFeed } from '../judge/history/feed.js';
import type { JournalRecovery } from '../tracker/journal/recovery.js';
import type { WorkloadSpec } from '../workload/workload.js';
import { keptOpen, type OpenAreas } from './areas.js';
import { CoreDriver } from './driver.js';
import { DriverClock } from './driverClock.js';
import { ApplicationQueue } from './application.js';
import type { Meter } from './meter.js';
import { planDriver, type DriverSizes } from './sizes.js';
import { PointHold } from './cutpoint/pointHold.js';
import type { ReplicationSpec, InFlight, PointArm, PointEvent } from './replicationEngine.js';

/** One round waits this long at most: between rounds the loop checks timers and flags. */
const ROUND_NS = 1_000_000;
/** A sleeping thread wakes up at most this late while the host is not overloaded. */
const WAKE_UP_NS_MAX = 200_000;
const sleepWord = new Int32Array(new SharedArrayBuffer(4));
/** Of the I/Os in flight during a resync. */
const COPIES_AWAITED = 1 / 8;
/** Orderly end: after this time the core gives up what is in flight (R9); after twice this time the wait ends. */
const DRAIN_MS = 5_000;

export interface RunningCoreParts {
  spec: ReplicationSpec;
  areas: OpenAreas;
  recovery: JournalRecovery;
  /** Null: the core only copies. */
  workload: WorkloadSpec | null;
  tools: SectorTools;
  history: HistoryFeed | null;
  meter: Meter;
  nextUpdateId: number;
  onFailure: (device: DeviceIndex, errno: number, atNs: number, inFlight: InFlight) => void;
  /** The device has not answered within `ackTimeoutMs`; the core takes it as lost. */
  onTimeout: (device: DeviceIndex, atNs: number) => void;
  onPause: (pause: HostPause) => void;
  /** Called after each round, for flags and snapshots. */
  afterRound: () => void;
}

export class RunningCore {
  readonly core: Core;
  readonly driver: CoreDriver;
  readonly queue = new ApplicationQueue();
  readonly io: IoRing;
  readonly plan: DriverSizes;
  private readonly clock: DriverClock;
  private readonly afterRound: () => void;
  private readonly onTimeout: RunningCoreParts['onTimeout'];

  constructor(p: RunningCoreParts) {
    const { spec, areas, recovery, workload } = p;
    this.afterRound = p.afterRound;
    this.clock = new DriverClock(p.onPause, undefined, spec.tracking.ackTimeoutMs);
    this.onTimeout = p.onTimeout;
    this.plan = planDriver({
      geometry: areas.geometry,
      ringBlocks: recovery.layout.ringBlocks,
      tracking: spec.tracking,
      durability: {
        primary: spec.primary.durability,
        secondary: spec.secondary.durability,
        journal: spec.journal.durability,
      },
      workload: workload === null ? null : { queueDepth: workload.queueDepth, writeBytesMax: workload.writeBytes.max },
      recovery,
    });
    const { ioDepth, arenaBytes } = this.plan;
    this.io = createIoRing({
      ffi: spec.ffi,
      depth: ioDepth,
      arenaBytes,
      devices: areas.devices,
      keepOpen: keptOpen(spec),
    });
    this.driver = new CoreDriver({
      io: this.io,
      tools: p.tools,
      plan: this.plan,
      layout: recovery.layout,
      identity: recovery.identity,
      pageGeneration: recovery.pageGeneration,
      runId: spec.runId,
      history: p.history,
      meter: p.meter,
      queue: this.queue,
      onFailure: p.onFailure,
      clock: this.clock,
    });
    this.core = this.driver.core;
    this.core.numberFrom(p.nextUpdateId, recovery.highestTransaction + 1);
    this.core.loadDirty(recovery.dirty, recovery.groupsToWrite, true);
  }

  /** Whether the pools are large enough for the workload. */
  fits(w: WorkloadSpec): boolean {
    return this.plan.slotBytes >= w.writeBytes.max && this.plan.core.updateSlots > w.queueDepth;
  }

  /** A loop of rounds starts. The time since the last loop does not count, and is no pause. */
  begin(): void {
    this.clock.begin();
  }

  round(): void {
    const { core } = this;
    const { timeouts } = core.counters;
    const before = this.lost;
    this.act();
    if (core.counters.timeouts > timeouts) this.reportTimeouts(this.lost & ~before);
    this.afterRound();
  }

  /** One bit per device. */
  private get lost(): number {
    const { primaryLost, secondaryAway, journalLost } = this.core;
    return (primaryLost ? 1 << PRIMARY : 0) | (secondaryAway ? 1 << SECONDARY : 0) | (journalLost ? 1 << JOURNAL : 0);
  }

  /** Reports only areas that have I/O in flight. */
  private reportTimeouts(lost: number): void {
    const { driver } = this;
    for (const device of [PRIMARY, SECONDARY, JOURNAL] as const) {
      if ((lost & (1 << device)) === 0) continue;
      const other = device === PRIMARY ? SECONDARY : PRIMARY;
      if (driver.isAwaited(device)) this.onTimeout(device, nowNs());
      else if (device !== JOURNAL && driver.isAwaited(other)) this.onTimeout(other, nowNs());
    }
  }

  private act(): void {
    // With nothing in flight no completion can end the wait: let the core decide once without waiting.
    if (this.io.inFlight === 0) this.driver.step(0, 0);
    if (this.driver.halted && this.io.inFlight === 0) sleep(Math.min(ROUND_NS, this.driver.dueInNs));
    // Resync rests, because of its rate or for the application: a loop of rounds would keep the processor busy.
    else if (this.core.resync.active && this.io.inFlight === 0) sleep(ROUND_NS);
    else this.driver.step(this.awaitedCompletions, ROUND_NS);
  }

  /**
   * While only copies are in flight no application waits for a completion: a round takes several of them together, and
   * the devices still have enough to do.
   */
  private get awaitedCompletions(): number {
    const onlyCopies = this.core.resync.active && this.core.updatesInFlight === 0;
    return onlyCopies ? Math.max(1, Math.floor(this.io.inFlight * COPIES_AWAITED)) : 1;
  }

  /** Arms a cut point. `driver.releasePoint` ends it, reached or not. */
  arm(point: PointArm, control: { report: (event: PointEvent) => void; powerLossNs: () => number | null }): void {
    const { core, driver } = this;
    const { nowMs, targets } = driver;
    driver.armPoint(new PointHold({ arm: point, core, targets, nowMs, nowNs, ...control }));
  }

  /** R11: runs until D is durable and the log is empty. False: the journal failed meanwhile. */
  untilReady(): boolean {
    this.begin();
    while (!this.core.ready) {
      if (this.core.journalLost) return false;
      this.round();
    }
    return true;
  }

  /** Runs until nothing is in flight: a bulk pass needs the ring alone. False: it was stopped first. */
  waitIdle(stopRequested: () => boolean): boolean {
    const { core, io } = this;
    this.begin();
    while (io.inFlight > 0 || (core.pages.pendingGroups > 0 && !core.journalLost)) {
      // The I/O of a device that never answers stays in the ring, also when the core takes the device as lost.
      if (stopRequested()) return false;
      this.round();
    }
    return true;
  }

  /** Orderly end: I/O in flight ends or is given up (R9), evidence leaves the log. The caller closes the ring. */
  end(): void {
    const { core, driver } = this;
    this.begin();
    core.drain();
    const started = driver.nowMs;
    let gaveUp = false;
    while (!core.quiescent) {
      this.round();
      const waited = driver.nowMs - started;
      if (waited > DRAIN_MS && !gaveUp) {
        gaveUp = true;
        core.giveUpAll(driver.nowMs);
      }
      if (waited > 2 * DRAIN_MS || (core.primaryLost && core.journalLost)) break;
    }
  }
}

/** The thread sleeps, and wakes up before `ns` has passed. A time shorter than a wake-up may be late does not sleep. */
function sleep(ns: number): void {
  if (ns > WAKE_UP_NS_MAX) Atomics.wait(sleepWord, 0, 0, (ns - WAKE_UP_NS_MAX) / NS_PER_MS);
}

/** CLOCK_MONOTONIC, as the times of the ring. */
function nowNs(): number {
  return Number(process.hrtime.bigint());
}
