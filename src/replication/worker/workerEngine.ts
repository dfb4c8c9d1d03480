/**
 * The engine's commands, as they run in the worker thread: open, format, prepare, recover, load, resync, judge, verify.
 * Every loop here is synchronous; between rounds it looks at the control flags and sends a snapshot now and then.
 *
 * The history outlives `abandon`: it belongs to the judge, not to the engine that crashed.
 */
import { constants } from 'node:os';
import { AREA_NAMES } from '../../base/areas.js';
import type { Standstill } from '../../base/attendedTime.js';
import type { DeviceIndex } from '../../tracker/core/devices.js';
import { JOURNAL, PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import { IndicatorMap } from '../../tracker/core/indicatorMap.js';
import { createIoEngine } from '../../blockdev/ring.js';
import { usableBytes } from '../../gate/labelPlace.js';
import type { IoEngine, SectorTools } from '../../blockdev/port.js';
import { sectorTools } from '../../blockdev/sectorTools.js';
import type { JournalRecovery } from '../../tracker/journal/recovery.js';
import { parseUuid } from '../../tracker/journal/recovery.js';
import type { WorkloadSpec } from '../../workload/spec.js';
import { createWorkload } from '../../workload/workload.js';
import type { OpenAreas } from '../areas.js';
import { keptOpen, openAreas } from '../areas.js';
import { CHUNK_BYTES, flushOrThrow, WINDOW_CHUNKS } from '../scan/bulk.js';
import type { Control } from './control.js';
import { EngineError } from '../errors.js';
import { HistoryFile } from './historyFile.js';
import { formatJournal, readJournal, repairLog, repairSuperblocks } from '../journalIo.js';
import { judgeAreas, lookAtAreas, verifyReport, type Look } from '../scan/judgeRun.js';
import { letGo } from '../letGo.js';
import { LoadGenerator, runLoad } from '../loadRun.js';
import { Meter } from '../meter.js';
import { Phase } from './phase.js';
import type { AreaFailure, EngineSnapshot, EngineSpec, HistoryChange, JudgeReport, LoadReport, OpenReport } from '../port.js';
import type { PointArm, PointEvent, RecoveryReport, ResyncReport, VerifyReport } from '../port.js';
import { prepareAreas } from '../scan/prepareRun.js';
import { runResync } from '../resyncRun.js';
import { RunningCore } from '../runningCore.js';

/** Descriptors of the bulk passes' ring. */
const BULK_IO_DEPTH = 64;

export interface WorkerPorts {
  control: Control;
  snapshot(s: EngineSnapshot): void;
  failure(f: AreaFailure): void;
  point(e: PointEvent): void;
  loadBegan(): void;
  standstill(s: Standstill): void;
  /** The announced power losses have been taken in. */
  powerLossTaken(): void;
}

export class WorkerEngine {
  private readonly ports: WorkerPorts;
  private readonly meter = new Meter();
  private spec: EngineSpec | null = null;
  private areas: OpenAreas | null = null;
  private tools: SectorTools | null = null;
  /** The ring of bulk passes; the running core has its own. */
  private bulk: IoEngine | null = null;
  private running: RunningCore | null = null;
  private recovery: JournalRecovery | null = null;
  private readonly history = new HistoryFile();
  private readonly phase: Phase;
  /** Update ids go on over all engines of a worker: the history orders versions by them. */
  private nextUpdateId = 1;
  /** On the way out a history that is not complete is no news, and stops nothing. */
  private closing = false;
  private readonly stopRequested = (): boolean => this.ports.control.stopRequested;

  constructor(ports: WorkerPorts) {
    this.ports = ports;
    this.phase = new Phase(this.meter, (snapshot) => ports.snapshot(snapshot), () => ({
      core: this.running?.core ?? null,
      regionCount: this.areas?.regionCount ?? 0,
      logBytes: this.spec?.journal.logBytes ?? 0,
    }));
  }

  open(spec: EngineSpec): OpenReport {
    if (this.areas !== null) throw new EngineError('ENGINE_STATE', 'the engine is open already; close or abandon it first');
    this.closing = false;
    const areas = openAreas(spec);
    try {
      this.tools ??= sectorTools(spec.ffi);
      this.history.open(spec, areas.geometry.usableBytes);
      this.areas = areas;
      this.spec = spec;
      this.bulk = this.createRing(BULK_IO_DEPTH, 2 * WINDOW_CHUNKS * CHUNK_BYTES);
    } catch (error) {
      this.areas = null;
      areas.close();
      throw error;
    }
    this.phase.enter('open', 0);
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
    this.phase.enter('format', 0);
    const identity = { rigUuid: parseUuid(spec.rigUuid), formatEpoch: Date.now() % 2 ** 32 };
    const dirty = new IndicatorMap(areas.regionCount);
    if (content === 'dirty') dirty.setRange(0, areas.regionCount);
    formatJournal(this.ring(), areas.geometry, identity, dirty);
    this.recovery = null;
  }

  beginCycle(cycle: number, passed: boolean | null): HistoryChange {
    return this.history.beginCycle(cycle, passed);
  }

  prepare(): { bytes: number; durationMs: number } {
    const { areas, spec } = this.opened();
    this.endCore();
    const started = performance.now();
    const { usableBytes } = areas.geometry;
    this.phase.enter('prepare', usableBytes);
    const parts = { io: this.ring(), tools: this.tools!, usableBytes, runId: spec.runId };
    if (!prepareAreas({ ...parts, progress: (done) => this.progress(done) })) throw this.stopped('prepare');
    this.history.recorder?.base('stamped');
    this.history.check();
    return { bytes: 2 * usableBytes, durationMs: performance.now() - started };
  }

  recover(point?: PointArm): RecoveryReport {
    const { areas } = this.opened();
    this.endCore();
    this.phase.enter('recover', 0);
    const started = performance.now();
    let recovery = this.readJournal();
    const { findings } = recovery;
    if (recovery.everythingDirty) {
      // R12: all is dirty. A new journal says so, durably, before anything else is done; damaged blocks go with the old.
      const identity = { rigUuid: recovery.identity.rigUuid, formatEpoch: Date.now() % 2 ** 32 };
      formatJournal(this.ring(), areas.geometry, identity, recovery.dirty);
      // What the former one said stays what it said.
      recovery = { ...this.readJournal(), everythingDirty: true, findings, fromIndicatorArea: recovery.fromIndicatorArea, fromLog: recovery.fromLog };
    }
    repairLog(this.ring(), recovery);
    repairSuperblocks(this.ring(), areas.geometry, recovery);
    this.recovery = recovery;
    this.startCore(null);
    this.atPoint(point, () => this.untilReady('recovery made the dirty regions durable'));
    return {
      regionCount: areas.regionCount,
      dirtyRegions: recovery.dirty.count,
      fromIndicatorArea: recovery.fromIndicatorArea,
      fromLog: recovery.fromLog,
      everythingDirty: recovery.everythingDirty,
      findings: recovery.findings.list,
      ...(recovery.findings.unlisted.length === 0 ? {} : { unlisted: recovery.findings.unlisted }),
      durationMs: performance.now() - started,
    };
  }

  load(w: WorkloadSpec, seed: number, durationMs: number | null, point?: PointArm): LoadReport {
    this.withWorkload(w);
    this.phase.enter('load', 0);
    const running = this.needCore();
    const generator = this.generator(w, seed);
    const { stopRequested, ports } = this;
    return this.atPoint(point, () => runLoad({ running, generator, durationMs, stopRequested, began: () => ports.loadBegan() }));
  }

  resync(withLoad?: { workload: WorkloadSpec; seed: number }, point?: PointArm): ResyncReport {
    if (withLoad !== undefined) this.withWorkload(withLoad.workload);
    const running = this.needCore();
    this.phase.enter('resync', running.core.awaitingRegions * this.opened().areas.geometry.regionBytes);
    const generator = withLoad === undefined ? null : this.generator(withLoad.workload, withLoad.seed);
    const progress = (copiedBytes: number): void => {
      this.phase.doneBytes = copiedBytes;
    };
    const { meter, stopRequested } = this;
    return this.atPoint(point, () => runResync({ running, meter, generator, stopRequested, progress }));
  }

  judge(): JudgeReport {
    const { areas, spec } = this.opened();
    const history = this.history.recorder;
    if (history === null || this.recovery === null) {
      throw new EngineError('ENGINE_STATE', 'judge needs the history of a run and a recovered journal; call recover first');
    }
    this.settle('judge');
    // What is found is what an area owes from now on. Only durable acknowledgement leaves nothing of it in a cache.
    if (spec.tracking.acknowledge === 'completed') flushOrThrow(this.ring(), [PRIMARY, SECONDARY]);
    this.phase.enter('judge', areas.geometry.usableBytes);
    const report = judgeAreas({
      io: this.ring(),
      tools: this.tools!,
      geometry: areas.geometry,
      dirty: this.recovery.dirty,
      history,
      progress: (done) => this.progress(done),
    });
    history.drain();
    this.history.check();
    if (report === null) throw this.stopped('judge');
    return report;
  }

  verify(): VerifyReport {
    const started = performance.now();
    return verifyReport(this.compare(), this.opened().areas.geometry.usableBytes, started);
  }

  repair(): ResyncReport {
    const { core } = this.needCore();
    for (const region of this.compare().differing.regions) core.markForResync(region);
    return this.resync();
  }

  private compare(): Look {
    const { geometry } = this.opened().areas;
    this.settle('verify');
    this.phase.enter('verify', geometry.usableBytes);
    const parts = { io: this.ring(), tools: this.tools!, geometry, progress: (done: number) => this.progress(done) };
    const found = lookAtAreas(parts, this.history.recorder);
    if (found === null) throw this.stopped('verify');
    return found;
  }

  /** Drops all that the engine knows and closes the devices; nothing is written any more. */
  abandon(): void {
    this.takePowerLoss();
    this.rememberIds();
    if (this.running !== null) letGo(this.running.io, this.ports.control);
    this.running = null;
    this.closeBulk();
    this.recovery = null;
    this.areas?.close();
    this.areas = null;
    this.history.recorder?.forgetInFlight();
    this.history.recorder?.drain();
    this.phase.enter('closed', 0);
  }

  /** Orderly end: what is in flight ends or is given up (R9), evidence leaves the log, then the devices are closed. */
  close(): void {
    this.closing = true;
    this.endCore();
    this.abandon();
    this.history.close();
  }

  /** Power losses that the bench has announced: the epochs of those areas end now. */
  takePowerLoss(): void {
    const lost = this.ports.control.takePowerLoss();
    if (lost.length === 0) return;
    for (const device of lost as DeviceIndex[]) {
      if (this.running !== null) this.running.driver.powerLost(device);
      else if (device !== JOURNAL) this.history.recorder?.powerLost(device === PRIMARY ? 'primary' : 'secondary');
    }
    // The areas are dark: what was kept back at a cut point finds them so.
    this.running?.driver.releasePoint();
    this.ports.powerLossTaken();
  }

  /** Does the work with the cut point armed; afterwards nothing is kept back any more. */
  private atPoint<T>(point: PointArm | undefined, work: () => T): T {
    const { control, point: tell } = this.ports;
    const running = this.needCore();
    if (point !== undefined) running.arm(point, { tell, feltNs: () => control.pointSendNs });
    try {
      return work();
    } finally {
      running.driver.releasePoint();
    }
  }

  // --- the core and its ring ---

  private startCore(workload: WorkloadSpec | null): void {
    const { areas, spec } = this.opened();
    this.closeBulk();
    this.running = new RunningCore({
      spec,
      areas,
      recovery: this.recovery!,
      workload,
      tools: this.tools!,
      history: this.history.recorder,
      meter: this.meter,
      nextUpdateId: this.nextUpdateId,
      onFailure: (device, errno, atNs, inFlight) => this.ports.failure({ area: AREA_NAMES[device], errno, atNs, inFlight }),
      onTimeout: (device, atNs) => this.ports.failure({ area: AREA_NAMES[device], errno: constants.errno.ETIMEDOUT, atNs, timedOut: true }),
      onStandstill: (standstill) => this.ports.standstill(standstill),
      afterRound: () => {
        this.takePowerLoss();
        const { stopRequested, pointDisarmed } = this.ports.control;
        if (stopRequested || pointDisarmed) this.running?.driver.releasePoint();
        this.phase.sendIfDue();
        if (!this.closing) this.history.check();
      },
    });
  }

  /**
   * A core whose pools fit the workload. The one that recovery left behind is for copies only; it is ended in order and
   * the journal read again: what it has written is all that the next one knows.
   */
  private withWorkload(w: WorkloadSpec): void {
    if (this.running?.fits(w) === true) return;
    this.endCore();
    this.recovery = this.readJournal();
    this.startCore(w);
    this.untilReady('it was made ready for the load');
  }

  /** @throws EngineError ENGINE_AREA_LOST when the journal fails meanwhile. */
  private untilReady(meanwhile: string): void {
    if (this.needCore().untilReady()) return;
    throw new EngineError('ENGINE_AREA_LOST', `the journal failed while ${meanwhile}; recover again`, { area: 'journal' });
  }

  private needCore(): RunningCore {
    if (this.running === null) throw new EngineError('ENGINE_STATE', 'the journal has not been recovered; call recover first');
    return this.running;
  }

  private endCore(): void {
    this.running?.end();
    if (this.running !== null) letGo(this.running.io, this.ports.control);
    this.rememberIds();
    this.running = null;
  }

  private closeBulk(): void {
    if (this.bulk !== null) letGo(this.bulk, this.ports.control);
    this.bulk = null;
  }

  private rememberIds(): void {
    if (this.running !== null) this.nextUpdateId = this.running.core.nextUpdateId;
  }

  /** The ring for bulk passes: the core's own while one is there. */
  private ring(): IoEngine {
    if (this.running !== null) return this.running.io;
    this.bulk ??= this.createRing(BULK_IO_DEPTH, 2 * WINDOW_CHUNKS * CHUNK_BYTES);
    return this.bulk;
  }

  private createRing(depth: number, arenaBytes: number): IoEngine {
    const { areas, spec } = this.opened();
    return createIoEngine({ ffi: spec.ffi, depth, arenaBytes, devices: areas.devices, keepOpen: keptOpen(spec) });
  }

  // --- the journal ---

  private readJournal(): JournalRecovery {
    const { areas, spec } = this.opened();
    const expected = { ...areas.geometry, rigUuid: parseUuid(spec.rigUuid) };
    return readJournal(this.ring(), expected, usableBytes(areas.identities.journal));
  }

  // --- small things ---

  private opened(): { areas: OpenAreas; spec: EngineSpec } {
    if (this.areas === null || this.spec === null) {
      throw new EngineError('ENGINE_STATE', 'no devices are open; call open first');
    }
    return { areas: this.areas, spec: this.spec };
  }

  private generator(w: WorkloadSpec, seed: number): LoadGenerator {
    const { core, driver, queue } = this.needCore();
    const { geometry, alignBytes } = this.opened().areas;
    const workload = createWorkload({ ...w, usableBytes: geometry.usableBytes, alignBytes }, seed);
    const limits = { queueDepth: w.queueDepth, maxWritesPerSecond: w.maxWritesPerSecond };
    return new LoadGenerator({ core, driver, queue, workload, limits });
  }

  private stopped(what: string): EngineError {
    return new EngineError('ENGINE_STOPPED', `${what} was stopped before its end`);
  }

  private settle(before: string): void {
    if (this.running?.settle(this.stopRequested) === false) throw this.stopped(before);
  }

  /** Notes progress of a bulk pass; false when it should stop. */
  private progress(doneBytes: number): boolean {
    this.phase.doneBytes = doneBytes;
    this.takePowerLoss();
    this.phase.sendIfDue();
    this.history.check();
    return !this.ports.control.stopRequested;
  }
}
