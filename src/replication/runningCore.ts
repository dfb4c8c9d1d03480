/** A core at work: with its driver, its ring and the sizes it was planned for. Started by recovery, ended in order. */
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
import { ApplicationQueue } from './applicationQueue.js';
import type { Meter } from './meter.js';
import { planDriver, type DriverSizes } from './sizes.js';
import { PointHold } from './cutpoint/pointHold.js';
import type { ReplicationSpec, InFlight, PointArm, PointEvent } from './replicationEngine.js';

/** A round of the loop waits this long at most, so that timers and flags are looked at. */
const ROUND_NS = 1_000_000;
/** A sleeping thread wakes up so much late, at worst, while the machine is not overloaded. */
const PAUSE_NS_MIN = 200_000;
const nothing = new Int32Array(new SharedArrayBuffer(4));
/** Orderly end: after this, what is still in flight is given up (R9), and after as long again the ring is closed. */
const DRAIN_MS = 5_000;

export interface RunningCoreParts {
  spec: ReplicationSpec;
  areas: OpenAreas;
  recovery: JournalRecovery;
  /** Null: copies only. */
  workload: WorkloadSpec | null;
  tools: SectorTools;
  history: HistoryFeed | null;
  meter: Meter;
  nextUpdateId: number;
  onFailure: (device: DeviceIndex, errno: number, atNs: number, inFlight: InFlight) => void;
  /** The device has not answered within the acknowledgement's time, and is taken as lost. */
  onTimeout: (device: DeviceIndex, atNs: number) => void;
  onPause: (standstill: HostPause) => void;
  /** Called after each round: flags and snapshots. */
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
    this.core.loadDirty(recovery.dirty, recovery.groupsToWrite);
  }

  /** Whether its pools fit the workload. */
  fits(w: WorkloadSpec): boolean {
    return this.plan.slotBytes >= w.writeBytes.max && this.plan.core.updateSlots > w.queueDepth;
  }

  /** A loop of rounds begins: what came between the last one and this is not counted, and no standstill. */
  begin(): void {
    this.clock.begin();
  }

  round(): void {
    const { core } = this;
    const { timeouts } = core.counters;
    const before = this.lost;
    this.act();
    if (core.counters.timeouts > timeouts) this.tellTimeouts(this.lost & ~before);
    this.afterRound();
  }

  /** One bit a device. */
  private get lost(): number {
    const { primaryLost, secondaryAway, journalLost } = this.core;
    return (primaryLost ? 1 << PRIMARY : 0) | (secondaryAway ? 1 << SECONDARY : 0) | (journalLost ? 1 << JOURNAL : 0);
  }

  /** Only an area that has something to answer is named. */
  private tellTimeouts(lost: number): void {
    const { driver } = this;
    for (const device of [PRIMARY, SECONDARY, JOURNAL] as const) {
      if ((lost & (1 << device)) === 0) continue;
      const other = device === PRIMARY ? SECONDARY : PRIMARY;
      if (driver.isAwaited(device)) this.onTimeout(device, nowNs());
      else if (device !== JOURNAL && driver.isAwaited(other)) this.onTimeout(other, nowNs());
    }
  }

  private act(): void {
    // With nothing in flight there is nothing to wait for: decide once more first.
    if (this.io.inFlight === 0) this.driver.step(0, 0);
    if (this.driver.paused && this.io.inFlight === 0) pause(Math.min(ROUND_NS, this.driver.dueInNs));
    else this.driver.step(1, ROUND_NS);
  }

  /** What is done from now on stops at the point, when it gets there; `disarm` ends that, reached or not. */
  arm(point: PointArm, ports: { tell: (event: PointEvent) => void; feltNs: () => number | null }): void {
    const { core, driver } = this;
    driver.armPoint(new PointHold({ arm: point, core, targets: driver.targets, nowMs: driver.nowMs, nowNs, ...ports }));
  }

  /** R11: until D is durable and the log begun anew. False: the journal failed meanwhile. */
  untilReady(): boolean {
    this.begin();
    while (!this.core.ready) {
      if (this.core.journalLost) return false;
      this.round();
    }
    return true;
  }

  /** Lets what is in flight end, so that a bulk pass has the ring to itself. False: it was stopped first. */
  settle(stopRequested: () => boolean): boolean {
    const { core, io } = this;
    this.begin();
    while (io.inFlight > 0 || (core.pages.pendingGroups > 0 && !core.journalLost)) {
      // A device that never answers is lost to the core, and its I/O is in the ring all the same.
      if (stopRequested()) return false;
      this.round();
    }
    return true;
  }

  /** In order: what is in flight ends or is given up (R9), evidence leaves the log. The ring is the caller's to close. */
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

/** The thread sleeps; a time too short for that is left to the caller's loop. */
function pause(ns: number): void {
  if (ns > PAUSE_NS_MIN) Atomics.wait(nothing, 0, 0, (ns - PAUSE_NS_MIN) / NS_PER_MS);
}

/** CLOCK_MONOTONIC, as the ring's own times. */
function nowNs(): number {
  return Number(process.hrtime.bigint());
}
