/**
 * Promise: the driver reports each part of a copy to the core before the next one, so that the core takes the device
 * that hangs as lost, and not the other one. Runs on a ring in memory, with a copy in four parts.
 */
import { expect, it } from 'vitest';
import { Core } from '../../src/tracker/core/core.js';
import { IndicatorMap } from '../../src/tracker/core/indicatorMap.js';
import { IO_OP, type IoRing, type SectorTools } from '../../src/blockdev/blockDevice.js';
import { CHUNK_BYTES } from '../../src/replication/scan/bulk.js';
import { DriverClock } from '../../src/replication/driverClock.js';
import { ApplicationQueue } from '../../src/replication/application.js';
import { CoreDriver } from '../../src/replication/driver.js';
import type { Meter } from '../../src/replication/meter.js';
import { planDriver } from '../../src/replication/sizes.js';
import { sealBlocks } from '../../src/tracker/journal/block.js';
import { journalLayout, LOG_BYTES_MIN } from '../../src/tracker/journal/layout.js';

const PRIMARY = 0;
const SECONDARY = 1;
const PARTS = 4;
const REGION_BYTES = PARTS * CHUNK_BYTES;
/** Longer than the test runs: only the test makes this deadline pass. */
const TIMEOUT_MS = 1_000_000;

interface Pushed {
  op: number;
  device: number;
  tag: number;
}

/** A ring that completes every I/O at once but those that `holds` selects. */
class HandRing {
  readonly depth = 4096;
  readonly arena: Buffer;
  held: Pushed[] = [];
  done: Pushed[] = [];
  private pushed: Pushed[] = [];
  private readonly holds: (p: Pushed, copyWrites: number, copyReads: number) => boolean;
  constructor(arenaBytes: number, holds: (p: Pushed, copyWrites: number, copyReads: number) => boolean) {
    this.arena = Buffer.alloc(arenaBytes);
    this.holds = holds;
  }
  private reads = 0;
  private writes = 0;
  get inFlight(): number {
    return this.pushed.length + this.held.length;
  }
  push(op: number, device: number, tag: number): void {
    const p = { op, device, tag };
    if (device === PRIMARY && op === IO_OP.read) this.reads++;
    if (device === SECONDARY && op === IO_OP.write) this.writes++;
    (this.holds(p, this.writes, this.reads) ? this.held : this.pushed).push(p);
  }
  submitAndReap(): number {
    this.done = this.pushed.splice(0);
    return this.done.length;
  }
  tag = (i: number): number => this.done[i]!.tag;
  result = (): number => 0;
  submittedNs = (): number => 0;
  completedNs = (): number => 0;
}

function resyncOneRegion(holds: (p: Pushed, copyWrites: number, copyReads: number) => boolean) {
  const geometry = { regionBytes: REGION_BYTES, usableBytes: REGION_BYTES, logBytes: LOG_BYTES_MIN };
  const layout = journalLayout(LOG_BYTES_MIN, 1);
  const tracking = {
    mode: 'sync',
    acknowledge: 'durable',
    regionBytes: REGION_BYTES,
    lingerMs: 0,
    hotRegions: 4,
    ackTimeoutMs: TIMEOUT_MS,
    groupCommitMs: 0,
    flushEveryWrites: 1,
    flushIntervalMs: 0,
  } as const;
  const durability = { primary: 'flush', secondary: 'flush', journal: 'flush' } as const;
  const recovery = { firstSequence: layout.ringBlocks, recoveredThrough: layout.ringBlocks - 1 };
  const plan = planDriver({ geometry, ringBlocks: layout.ringBlocks, tracking, durability, workload: null, recovery });
  const ring = new HandRing(plan.arenaBytes, holds);
  const meter = {
    flushes: [0, 0, 0],
    wrote: () => undefined,
    resynced: () => undefined,
    evidenceWait: () => undefined,
  } as unknown as Meter;
  const driver = new CoreDriver({
    io: ring as unknown as IoRing,
    tools: { sealBlocks } as unknown as SectorTools,
    plan,
    layout,
    identity: { rigUuid: new Uint8Array(16), formatEpoch: 1 },
    pageGeneration: 1,
    runId: 1,
    history: null,
    meter,
    queue: new ApplicationQueue(),
    clock: new DriverClock(),
    onFailure: () => undefined,
  });
  const { core } = driver;
  const dirty = new IndicatorMap(1);
  dirty.set(0);
  core.loadDirty(dirty, [0]);
  const step = (): number => driver.step(0, 0);
  while (!core.ready) step();
  core.startResync();
  // Until no step takes a completion any more.
  for (let idleSteps = 0; idleSteps < 20;) idleSteps = step() > 0 ? 0 : idleSteps + 1;
  return { core, ring };
}

/** Lets the deadline pass; returns the devices that the core takes as lost. */
function afterTheDeadline(core: Core): string {
  core.pump(core.state.nowMs + TIMEOUT_MS + 1);
  return `${core.state.primaryLost ? 'P' : ''}${core.state.secondaryAway ? 'S' : ''}`;
}

it('a region is copied in parts and then cleared', () => {
  const { core, ring } = resyncOneRegion(() => false);
  expect([core.awaitingRegions, core.counters.copies, core.counters.unexpectedCompletions]).toEqual([0, 1, 0]);
  expect(ring.inFlight).toBe(0);
});

it.each([1, 2, PARTS])('when S does not answer the write of part %i, S is lost and P is not', (part) => {
  const { core, ring } = resyncOneRegion(
    (p, writes) => p.device === SECONDARY && p.op === IO_OP.write && writes === part,
  );
  expect(ring.held).toHaveLength(1);
  expect(afterTheDeadline(core)).toBe('S');
});

it.each([1, 2, PARTS])('when P does not answer the read of part %i, P is lost and S is not', (part) => {
  const { core, ring } = resyncOneRegion(
    (p, _writes, reads) => p.device === PRIMARY && p.op === IO_OP.read && reads === part,
  );
  expect(ring.held).toHaveLength(1);
  expect(afterTheDeadline(core)).toBe('P');
});
