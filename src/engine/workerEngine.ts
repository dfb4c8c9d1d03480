/**
 * The engine's commands, as they run in the worker thread: open, format, prepare, recover, load, resync, judge, verify.
 * Every loop here is synchronous; between rounds it looks at the control flags and sends a snapshot now and then.
 *
 * The history outlives `abandon`: it belongs to the judge, not to the engine that crashed.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Core } from '../core/core.js';
import type { DeviceIndex } from '../core/devices.js';
import { JOURNAL, PRIMARY, SECONDARY } from '../core/devices.js';
import { IndicatorMap } from '../core/indicatorMap.js';
import { createIoEngine } from '../device/engine.js';
import type { IoEngine, SectorTools } from '../device/port.js';
import { IO_OP } from '../device/port.js';
import { sectorTools } from '../device/sectorTools.js';
import { WriteHistory } from '../judge/history.js';
import { HistoryRecorder } from '../judge/historyRecorder.js';
import type { JournalRecovery } from '../journal/recovery.js';
import { parseUuid, recoverJournal } from '../journal/recovery.js';
import { encodeSuperblock } from '../journal/superblock.js';
import { journalLayout } from '../journal/layout.js';
import type { WorkloadSpec } from '../rig/resolved.js';
import { createWorkload } from '../workload/workload.js';
import type { OpenAreas } from './areas.js';
import { openAreas } from './areas.js';
import { CHUNK_BYTES, flushOrThrow, transferOrThrow, WINDOW_CHUNKS, windows } from './bulk.js';
import type { Control } from './control.js';
import { AREA_NAMES } from './control.js';
import { CoreDriver } from './driver.js';
import { EngineError } from './errors.js';
import { formatJournal, journalReader } from './journalIo.js';
import { compareChunk, DifferingRegions, judgeAreas, readWindow } from './judgeRun.js';
import { LoadGenerator } from './loadRun.js';
import { Meter } from './meter.js';
import type { DriverPlan } from './plan.js';
import { planDriver } from './plan.js';
import type {
  AreaFailure,
  EngineSnapshot,
  EngineSpec,
  JudgeReport,
  LoadReport,
  OpenReport,
  RecoveryReport,
  ResyncReport,
  VerifyReport,
} from './port.js';

/** Snapshots a second at most. */
const SNAPSHOT_INTERVAL_MS = 100;
/** A round of the loop waits this long at most, so that timers and flags are looked at. */
const ROUND_NS = 1_000_000;
/** Orderly close: after this, what is still in flight is given up (R9), and after as long again the ring is closed. */
const DRAIN_MS = 5_000;
const BULK_IO_DEPTH = 64;

export interface WorkerPorts {
  control: Control;
  snapshot(s: EngineSnapshot): void;
  failure(f: AreaFailure): void;
  /** The announced power losses have been taken in. */
  powerLossTaken(): void;
}

interface Running {
  plan: DriverPlan;
  core: Core;
  driver: CoreDriver;
  io: IoEngine;
}

export class WorkerEngine {
  private readonly ports: WorkerPorts;
  private readonly meter = new Meter();
  private spec: EngineSpec | null = null;
  private areas: OpenAreas | null = null;
  private tools: SectorTools | null = null;
  /** The ring of bulk passes; the running core has its own. */
  private bulk: IoEngine | null = null;
  private running: Running | null = null;
  private recovery: JournalRecovery | null = null;
  private history: HistoryRecorder | null = null;
  private historyFile: number | null = null;
  /** Update ids go on over all engines of a worker: the history orders versions by them. */
  private nextUpdateId = 1;
  private phase = 'closed';
  private phaseTotalBytes = 0;
  private phaseDoneBytes = 0;
  private phaseStartedMs = 0;
  private snapshotDueMs = 0;

  constructor(ports: WorkerPorts) {
    this.ports = ports;
  }

  open(spec: EngineSpec): OpenReport {
    if (this.areas !== null) throw new EngineError('ENGINE_STATE', 'the engine is open already; close or abandon it first');
    const areas = openAreas(spec);
    try {
      this.tools ??= sectorTools(spec.ffi);
      this.openHistory(spec, areas.geometry.usableBytes);
      this.areas = areas;
      this.spec = spec;
      this.bulk = this.createRing(BULK_IO_DEPTH, 2 * WINDOW_CHUNKS * CHUNK_BYTES);
    } catch (error) {
      this.areas = null;
      areas.close();
      throw error;
    }
    this.enter('open', 0);
    return {
      identities: areas.identities,
      usableBytes: areas.geometry.usableBytes,
      regionCount: areas.regionCount,
      io: this.bulk.kind,
    };
  }

  format(content: 'clean' | 'dirty'): void {
    const { areas, spec } = this.opened();
    this.endCore();
    this.enter('format', 0);
    const identity = { rigUuid: parseUuid(spec.rigUuid), formatEpoch: Date.now() % 2 ** 32 };
    const dirty = new IndicatorMap(areas.regionCount);
    if (content === 'dirty') dirty.setRange(0, areas.regionCount);
    formatJournal(this.ring(), areas.geometry, identity, dirty);
    this.recovery = null;
  }

  prepare(): { bytes: number; durationMs: number } {
    const { areas, spec } = this.opened();
    this.endCore();
    const started = performance.now();
    const io = this.ring();
    const { usableBytes } = areas.geometry;
    this.enter('prepare', usableBytes);
    for (const chunks of windows(usableBytes)) {
      const writes = chunks.flatMap((chunk, i) => {
        const at = i * CHUNK_BYTES;
        this.tools!.stamp(io.arena, at, chunk.lengthBytes, {
          runId: spec.runId,
          updateId: 0,
          transactionId: 0,
          firstLba: chunk.offsetBytes / 512,
        });
        return [PRIMARY, SECONDARY].map((device) => ({ op: IO_OP.write, device, ...chunk, arenaOffset: at }));
      });
      transferOrThrow(io, writes);
      const last = chunks[chunks.length - 1];
      if (!this.progress(last.offsetBytes + last.lengthBytes)) throw this.stopped('prepare');
    }
    flushOrThrow(io, [PRIMARY, SECONDARY]);
    this.history?.base('stamped');
    return { bytes: 2 * usableBytes, durationMs: performance.now() - started };
  }

  recover(): RecoveryReport {
    const { areas } = this.opened();
    this.endCore();
    this.enter('recover', 0);
    const started = performance.now();
    let recovery = this.readJournal();
    const { findings } = recovery;
    if (recovery.everythingDirty) {
      // R12: all is dirty. A new journal says so, durably, before anything else is done; damaged blocks go with the old.
      const identity = { rigUuid: recovery.identity.rigUuid, formatEpoch: Date.now() % 2 ** 32 };
      formatJournal(this.ring(), areas.geometry, identity, recovery.dirty);
      recovery = { ...this.readJournal(), everythingDirty: true, findings };
    }
    this.repairSuperblocks(recovery);
    this.recovery = recovery;
    this.startCore(null);
    const { core } = this.running!;
    while (!core.ready) {
      this.round(ROUND_NS);
      if (core.state.journalLost) {
        throw new EngineError('ENGINE_AREA_LOST', 'the journal failed while recovery made the dirty regions durable; recover again', {
          area: 'journal',
        });
      }
    }
    return {
      regionCount: areas.regionCount,
      dirtyRegions: recovery.dirty.count,
      fromIndicatorArea: recovery.fromIndicatorArea,
      fromLog: recovery.fromLog,
      everythingDirty: recovery.everythingDirty,
      findings: recovery.findings.list,
      durationMs: performance.now() - started,
    };
  }

  load(w: WorkloadSpec, seed: number, durationMs: number | null): LoadReport {
    this.withWorkload(w);
    this.enter('load', 0);
    const started = performance.now();
    const generator = this.generator(w, seed);
    const before = this.counts();
    const { core } = this.running!;
    while (!this.ports.control.stopRequested && (durationMs === null || performance.now() - started < durationMs)) {
      const accepted = generator.fill(performance.now());
      this.round(ROUND_NS);
      if (!accepted || core.state.primaryLost || core.state.journalLost) break;
    }
    generator.closeAll(performance.now());
    return this.loadReport(generator, before, started);
  }

  resync(withLoad?: { workload: WorkloadSpec; seed: number }): ResyncReport {
    if (withLoad !== undefined) this.withWorkload(withLoad.workload);
    const { core } = this.needCore();
    const { geometry } = this.opened().areas;
    const regions = core.awaitingRegions;
    this.enter('resync', regions * geometry.regionBytes);
    const started = performance.now();
    const before = this.meter.resyncBytes;
    const generator = withLoad === undefined ? null : this.generator(withLoad.workload, withLoad.seed);
    const { state } = core;
    core.startResync();
    while (!core.resync.done && !this.ports.control.stopRequested) {
      generator?.fill(performance.now());
      this.round(ROUND_NS);
      this.phaseDoneBytes = this.meter.resyncBytes - before;
      if (state.primaryLost || state.journalLost || state.secondaryAway) break;
    }
    core.stopResync();
    generator?.closeAll(performance.now());
    const complete = core.resync.done;
    return {
      regions,
      bytes: this.meter.resyncBytes - before,
      durationMs: performance.now() - started,
      complete,
      remainingRegions: core.awaitingRegions,
    };
  }

  judge(): JudgeReport {
    const { areas } = this.opened();
    if (this.history === null || this.recovery === null) {
      throw new EngineError('ENGINE_STATE', 'judge needs the history of a run and a recovered journal; call recover first');
    }
    this.settleRing();
    this.enter('judge', areas.geometry.usableBytes);
    const report = judgeAreas({
      io: this.ring(),
      tools: this.tools!,
      geometry: areas.geometry,
      dirty: this.recovery.dirty,
      history: this.history,
      progress: (done) => this.progress(done),
    });
    this.history.drain();
    if (report === null) throw this.stopped('judge');
    return report;
  }

  verify(): VerifyReport {
    const started = performance.now();
    const differing = this.compare();
    return {
      equal: differing.regions.size === 0,
      bytes: this.opened().areas.geometry.usableBytes,
      differingRegions: differing.regions.size,
      firstDifferenceBytes: differing.firstDifferenceBytes,
      durationMs: performance.now() - started,
    };
  }

  repair(): ResyncReport {
    const { core } = this.needCore();
    for (const region of this.compare().regions) core.markForResync(region);
    return this.resync();
  }

  private compare(): DifferingRegions {
    const { usableBytes, regionBytes } = this.opened().areas.geometry;
    this.settleRing();
    this.enter('verify', usableBytes);
    const differing = new DifferingRegions(regionBytes);
    const parts = { io: this.ring(), tools: this.tools! };
    for (const chunks of windows(usableBytes)) {
      const reads = readWindow(parts.io, chunks);
      chunks.forEach((_, i) => compareChunk(parts, reads[PRIMARY][i], reads[SECONDARY][i], differing));
      const last = chunks[chunks.length - 1];
      if (!this.progress(last.offsetBytes + last.lengthBytes)) throw this.stopped('verify');
    }
    return differing;
  }

  /** Drops all that the engine knows and closes the devices; nothing is written any more. */
  abandon(): void {
    this.takePowerLoss();
    this.rememberIds();
    this.running?.io.close();
    this.running = null;
    this.bulk?.close();
    this.bulk = null;
    this.recovery = null;
    this.areas?.close();
    this.areas = null;
    this.meter.outstanding = 0;
    this.history?.drain();
    this.enter('closed', 0);
  }

  /** Orderly end: what is in flight ends or is given up (R9), evidence leaves the log, then the devices are closed. */
  close(): void {
    this.endCore();
    this.abandon();
    if (this.historyFile !== null) closeSync(this.historyFile);
    this.historyFile = null;
    this.history = null;
  }

  /** Power losses that the bench has announced: the epochs of those areas end now. */
  takePowerLoss(): void {
    const lost = this.ports.control.takePowerLoss();
    if (lost.length === 0) return;
    for (const device of lost as DeviceIndex[]) {
      if (this.running !== null) this.running.driver.powerLost(device, performance.now());
      else if (device !== JOURNAL) this.history?.powerLost(device === PRIMARY ? 'primary' : 'secondary');
    }
    this.ports.powerLossTaken();
  }

  // --- the core and its ring ---

  private startCore(workload: WorkloadSpec | null): void {
    const { areas, spec } = this.opened();
    const recovery = this.recovery!;
    const plan = planDriver({
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
    this.bulk?.close();
    this.bulk = null;
    const io = this.createRing(plan.ioDepth, plan.arenaBytes);
    const driver = new CoreDriver({
      io,
      tools: this.tools!,
      plan,
      layout: recovery.layout,
      identity: recovery.identity,
      pageGeneration: recovery.pageGeneration,
      runId: spec.runId,
      history: this.history,
      meter: this.meter,
      onFailure: (device, errno, atNs) => this.ports.failure({ area: AREA_NAMES[device], errno, atNs }),
    });
    const core = new Core(plan.core, driver);
    driver.core = core;
    core.state.nextUpdateId = this.nextUpdateId;
    core.state.nextTransactionId = recovery.highestTransaction + 1;
    core.loadDirty(recovery.dirty, recovery.groupsToWrite);
    this.running = { plan, core, driver, io };
  }

  /**
   * A core whose pools fit the workload. The one that recovery left behind is for copies only; it is ended in order and
   * the journal read again: what it has written is all that the next one knows.
   */
  private withWorkload(w: WorkloadSpec): void {
    const running = this.running;
    if (running !== null && running.plan.slotBytes >= w.writeBytes.max && running.plan.core.updateSlots > w.queueDepth) return;
    this.endCore();
    this.recovery = this.readJournal();
    this.startCore(w);
    while (!this.running!.core.ready && !this.running!.core.state.journalLost) this.round(ROUND_NS);
  }

  private needCore(): Running {
    if (this.running === null) throw new EngineError('ENGINE_STATE', 'the journal has not been recovered; call recover first');
    return this.running;
  }

  /** Ends the core in order, so that nothing is in flight and the log holds no evidence that is not needed. */
  private endCore(): void {
    if (this.running === null) return;
    const { core, io } = this.running;
    core.drain();
    const started = performance.now();
    let gaveUp = false;
    while (!core.quiescent) {
      this.round(ROUND_NS);
      const waited = performance.now() - started;
      if (waited > DRAIN_MS && !gaveUp) {
        gaveUp = true;
        core.giveUpAll(performance.now());
      }
      if (waited > 2 * DRAIN_MS || (core.state.primaryLost && core.state.journalLost)) break;
    }
    this.rememberIds();
    io.close();
    this.running = null;
    this.meter.outstanding = 0;
  }

  private rememberIds(): void {
    if (this.running !== null) this.nextUpdateId = this.running.core.state.nextUpdateId;
  }

  /** The ring for bulk passes: the core's own while one is there. */
  private ring(): IoEngine {
    if (this.running !== null) return this.running.io;
    this.bulk ??= this.createRing(BULK_IO_DEPTH, 2 * WINDOW_CHUNKS * CHUNK_BYTES);
    return this.bulk;
  }

  /** Lets what the core has in flight end, so that a bulk pass has the ring to itself. */
  private settleRing(): void {
    while (this.running !== null && (this.running.io.inFlight > 0 || this.running.core.pages.unsettled > 0)) {
      this.round(ROUND_NS);
      if (this.running.core.state.journalLost && this.running.io.inFlight === 0) break;
    }
  }

  private createRing(depth: number, arenaBytes: number): IoEngine {
    const { areas, spec } = this.opened();
    return createIoEngine({ ffi: spec.ffi, depth, arenaBytes, devices: areas.devices });
  }

  private round(timeoutNs: number): void {
    const { driver, io } = this.running!;
    if (io.inFlight === 0) driver.step(performance.now(), 0, 0);
    driver.step(performance.now(), 1, timeoutNs);
    this.takePowerLoss();
    this.snapshotIfDue();
  }

  // --- the journal ---

  private readJournal(): JournalRecovery {
    const { areas, spec } = this.opened();
    const io = this.ring();
    // What a dead bench has left in the journal's volatile cache must not vanish after it was believed.
    flushOrThrow(io, [JOURNAL]);
    const expected = { ...areas.geometry, rigUuid: parseUuid(spec.rigUuid) };
    const recovery = recoverJournal(expected, journalReader(io, areas.identities.journal.sizeBytes));
    return { ...recovery, dirty: recovery.dirty.clone() };
  }

  private repairSuperblocks(recovery: JournalRecovery): void {
    if (recovery.superblocksToRepair.length === 0) return;
    const { geometry, regionCount } = this.opened().areas;
    const layout = journalLayout(geometry.logBytes, regionCount);
    const io = this.ring();
    for (const copy of recovery.superblocksToRepair) {
      const offsetBytes = layout.superblockOffset[copy];
      const bytes = encodeSuperblock(geometry, recovery.identity, offsetBytes);
      io.arena.set(bytes, 0);
      transferOrThrow(io, [{ op: IO_OP.write, device: JOURNAL, offsetBytes, lengthBytes: bytes.length, arenaOffset: 0 }]);
    }
    flushOrThrow(io, [JOURNAL]);
  }

  // --- small things ---

  private opened(): { areas: OpenAreas; spec: EngineSpec } {
    if (this.areas === null || this.spec === null) {
      throw new EngineError('ENGINE_STATE', 'no devices are open; call open first');
    }
    return { areas: this.areas, spec: this.spec };
  }

  private openHistory(spec: EngineSpec, usableBytes: number): void {
    if (this.history !== null) {
      const { runId } = this.history.history;
      if (this.history.history.usableBytes !== usableBytes || runId !== spec.runId) {
        throw new EngineError(
          'ENGINE_DEVICE',
          `the areas now have ${usableBytes} usable bytes in run ${spec.runId}; the history is of ${this.history.history.usableBytes} bytes in run ${runId}`,
        );
      }
      return;
    }
    if (spec.historyDir === null) return;
    mkdirSync(spec.historyDir, { recursive: true, mode: 0o700 });
    const file = openSync(join(spec.historyDir, 'history.bin'), 'wx', 0o600);
    this.historyFile = file;
    const history = new WriteHistory({ usableBytes, runId: spec.runId, base: 'unknown' });
    this.history = new HistoryRecorder(history, (bytes) => {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    });
  }

  private generator(w: WorkloadSpec, seed: number): LoadGenerator {
    const { core, driver } = this.needCore();
    const { geometry, alignBytes } = this.opened().areas;
    const workload = createWorkload({ ...w, usableBytes: geometry.usableBytes, alignBytes }, seed);
    const limits = { queueDepth: w.queueDepth, maxWritesPerSecond: w.maxWritesPerSecond };
    return new LoadGenerator({ core, driver, meter: this.meter, workload, limits, nowMs: performance.now() });
  }

  private counts(): { acknowledged: number; givenUp: number; answered: number; refused: number } {
    const { counters } = this.needCore().core;
    const { ok, refused } = this.meter.answers;
    return { acknowledged: counters.acknowledged, givenUp: counters.givenUp, answered: ok, refused };
  }

  private loadReport(generator: LoadGenerator, before: ReturnType<WorkerEngine['counts']>, startedMs: number): LoadReport {
    const now = this.counts();
    return {
      updatesIssued: generator.issued,
      updatesAcknowledged: now.acknowledged - before.acknowledged,
      updatesAnswered: now.answered - before.answered,
      updatesRefused: generator.refused + now.refused - before.refused,
      updatesGivenUp: now.givenUp - before.givenUp,
      writtenBytes: generator.writtenBytes,
      durationMs: performance.now() - startedMs,
    };
  }

  private stopped(what: string): EngineError {
    return new EngineError('ENGINE_STOPPED', `${what} was stopped before its end`);
  }

  private enter(phase: string, totalBytes: number): void {
    this.phase = phase;
    this.phaseTotalBytes = totalBytes;
    this.phaseDoneBytes = 0;
    this.phaseStartedMs = performance.now();
    this.snapshotDueMs = 0;
    this.snapshotIfDue();
  }

  /** Notes progress of a bulk pass; false when it should stop. */
  private progress(doneBytes: number): boolean {
    this.phaseDoneBytes = doneBytes;
    this.takePowerLoss();
    this.snapshotIfDue();
    return !this.ports.control.stopRequested;
  }

  private snapshotIfDue(): void {
    const now = performance.now();
    if (now < this.snapshotDueMs) return;
    this.snapshotDueMs = now + SNAPSHOT_INTERVAL_MS;
    this.ports.snapshot(this.snapshot(now));
  }

  private snapshot(nowMs: number): EngineSnapshot {
    const core = this.running?.core ?? null;
    const { meter } = this;
    const [primary, secondary, journal] = meter.drainWriteSamples();
    const byArea = (n: readonly number[]) => ({ primary: n[PRIMARY], secondary: n[SECONDARY], journal: n[JOURNAL] });
    const seconds = (nowMs - this.phaseStartedMs) / 1000;
    const resyncing = this.phase === 'resync';
    return {
      phase: this.phase,
      regionCount: this.areas?.regionCount ?? 0,
      dirtyRegions: core?.dirtyRegions ?? 0,
      persistedIndicators: core?.awaitingRegions ?? 0,
      updatesInFlight: core?.updatesInFlight ?? 0,
      logUsedBytes: core === null ? 0 : 2 * 512 * core.log.usedBlocks,
      logBytes: this.spec?.journal.logBytes ?? 0,
      writes: byArea(meter.writes),
      writeBytes: byArea(meter.writeBytes),
      resyncBytes: meter.resyncBytes,
      resyncRemainingRegions: resyncing ? (core?.awaitingRegions ?? 0) : 0,
      phaseDone: this.phaseTotalBytes === 0 ? 0 : Math.min(1, this.phaseDoneBytes / this.phaseTotalBytes),
      phaseBytesPerSecond: seconds > 0 ? this.phaseDoneBytes / seconds : 0,
      writeSeconds: { primary, secondary, journal },
      evidenceWaitSeconds: meter.drainEvidenceSamples(),
    };
  }
}
