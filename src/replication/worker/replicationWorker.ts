/**
 * The commands of the replication engine, as the worker thread performs them: open, format, prepare, recover, load,
 * resync, judge, verify. Every loop is synchronous; between rounds it reads the control flags and sends snapshots.
 */
import { BLOCK_BYTES } from '../../base/observation.js';
import { PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import type { RegionSet } from '../../tracker/core/regionSet.js';
import { IndicatorMap } from '../../tracker/core/indicatorMap.js';
import { parseUuid } from '../../tracker/journal/format.js';
import { createWorkload, workingSet, type WorkloadSpec } from '../../workload/workload.js';
import { ReplicationError } from '../errors.js';
import { formatJournal, repairLog, repairSuperblocks } from '../journalIo.js';
import { LoadGenerator } from '../application.js';
import type {
  HistoryChange,
  JournalContent,
  JudgeReport,
  LoadReport,
  OpenReport,
  PassCoverage,
  PassRequest,
  PointArm,
  RecoveryReport,
  ReplicationSpec,
  ResyncReport,
  VerifyReport,
} from '../replicationEngine.js';
import { runLoad, runResync } from '../phaseLoops.js';
import { writeRanges } from '../rangeWrites.js';
import { flushOrThrow, entireArea } from '../scan/bulk.js';
import type { PassPlan } from '../scan/coverage.js';
import { judgeAreas, lookAtAreas, verifyReport, type Look } from '../scan/judgeRun.js';
import { prepareAreas } from '../scan/prepare.js';
import { WorkerResources, type WorkerReports } from './resources.js';

export class ReplicationWorker {
  private readonly r: WorkerResources;

  constructor(reports: WorkerReports) {
    this.r = new WorkerResources(reports);
  }

  open(spec: ReplicationSpec): OpenReport {
    return this.r.open(spec);
  }

  /** Discards the state of the engine and closes the devices; writes nothing. */
  abandon(): void {
    this.r.drop();
  }

  /** Orderly end: I/O in flight ends or is given up (R9), evidence leaves the log, then the devices are closed. */
  close(): void {
    this.r.close();
  }

  /** Comes before each command: see `WorkerResources.messageArrived`. */
  messageArrived(): void {
    this.r.messageArrived();
  }

  format(content: JournalContent): void {
    const { areas, spec } = this.r.opened();
    this.r.endCore();
    this.r.phase.enter('format', 0);
    const identity = { rigUuid: parseUuid(spec.rigUuid), formatEpoch: newFormatEpoch() };
    const dirty = new IndicatorMap(areas.regionCount);
    if (content === 'dirty') dirty.setRange(0, areas.regionCount);
    else if (content !== 'clean') for (const region of content.dirtyRegions) dirty.set(region);
    formatJournal(this.r.bulkRing(), areas.geometry, identity, dirty);
    this.r.recovery = null;
  }

  beginCycle(cycle: number, passed: boolean | null): HistoryChange {
    if (this.r.passes !== null) this.r.passes.cycle = cycle;
    return this.r.history.beginCycle(cycle, passed);
  }

  prepare(): { bytes: number; durationMs: number } {
    const { areas, spec } = this.r.opened();
    this.r.endCore();
    const started = performance.now();
    const { usableBytes } = areas.geometry;
    this.r.phase.enter('prepare', usableBytes);
    const parts = { bulk: this.r.bulkRing(), tools: this.r.tools, ranges: entireArea(usableBytes), runId: spec.runId };
    if (!prepareAreas({ ...parts, progress: (done) => this.r.progress(done) })) throw this.stopped('prepare');
    this.r.history.recorder?.base('stamped');
    this.r.passes?.touchAll();
    this.r.history.check();
    return { bytes: 2 * usableBytes, durationMs: performance.now() - started };
  }

  prepareWorkingSet(w: WorkloadSpec): { bytes: number; durationMs: number } {
    const { geometry, alignBytes } = this.r.opened().areas;
    const { passes } = this.r;
    if (passes === null)
      throw new ReplicationError('ENGINE_STATE', 'prepareWorkingSet needs the history of a run; open with historyDir');
    const started = performance.now();
    const set = workingSet({ ...w, usableBytes: geometry.usableBytes, alignBytes });
    const { regions, ranges, bytes } = passes.unwritten(set);
    if (bytes > 0) {
      this.r.withWorkload(w);
      this.r.phase.enter('prepare', bytes);
      const unit = Math.max(BLOCK_BYTES, alignBytes);
      const done = writeRanges({
        running: this.r.needCore(),
        ranges,
        writeBytes: Math.max(1, Math.floor(w.writeBytes.max / unit)) * unit,
        queueDepth: w.queueDepth,
        stopRequested: this.r.stopRequested,
        progress: (doneBytes) => (this.r.phase.doneBytes = doneBytes),
      });
      if (!done) throw this.stopped('prepare');
      passes.wrote(regions);
    }
    passes.assumeRest();
    return { bytes: 2 * bytes, durationMs: performance.now() - started };
  }

  recover(point?: PointArm): RecoveryReport {
    const { areas } = this.r.opened();
    this.r.endCore();
    this.r.phase.enter('recover', 0);
    const started = performance.now();
    let recovery = this.r.readJournal();
    const { findings } = recovery;
    if (recovery.everythingDirty) {
      // R12: every region is dirty. First a new journal makes that durable; it also replaces the damaged blocks.
      const identity = { rigUuid: recovery.identity.rigUuid, formatEpoch: newFormatEpoch() };
      formatJournal(this.r.bulkRing(), areas.geometry, identity, recovery.dirty);
      // The report must show what the damaged journal contained.
      recovery = {
        ...this.r.readJournal(),
        everythingDirty: true,
        findings,
        fromIndicatorArea: recovery.fromIndicatorArea,
        fromLog: recovery.fromLog,
      };
    }
    repairLog(this.r.bulkRing(), recovery);
    repairSuperblocks(this.r.bulkRing(), areas.geometry, recovery);
    const dirtyRegions = recovery.dirty.count;
    this.r.startCore(null, recovery);
    this.atPoint(point, () => this.r.untilReady('recovery made the dirty regions durable'));
    return {
      regionCount: areas.regionCount,
      dirtyRegions,
      fromIndicatorArea: recovery.fromIndicatorArea,
      fromLog: recovery.fromLog,
      everythingDirty: recovery.everythingDirty,
      findings: recovery.findings.list,
      ...(recovery.findings.unlisted.length === 0 ? {} : { unlisted: recovery.findings.unlisted }),
      durationMs: performance.now() - started,
    };
  }

  load(w: WorkloadSpec, seed: number, durationMs: number | null, point?: PointArm): LoadReport {
    this.r.withWorkload(w);
    this.r.phase.enter('load', 0);
    const running = this.r.needCore();
    const generator = this.generator(w, seed);
    const { stopRequested, reports } = this.r;
    return this.atPoint(point, () =>
      runLoad({ running, meter: this.r.meter, generator, durationMs, stopRequested, began: () => reports.loadBegan() }),
    );
  }

  resync(withLoad?: { workload: WorkloadSpec; seed: number }, point?: PointArm): ResyncReport {
    if (withLoad !== undefined) this.r.withWorkload(withLoad.workload);
    const running = this.r.needCore();
    const { regionBytes } = this.r.opened().areas.geometry;
    const { core } = running;
    this.r.phase.enter('resync', core.awaitingRegions * regionBytes);
    const generator = withLoad === undefined ? null : this.generator(withLoad.workload, withLoad.seed);
    const progress = (copiedBytes: number): void => {
      this.r.phase.doneBytes = copiedBytes;
      // The application may have made other regions dirty meanwhile.
      this.r.phase.totalBytes = copiedBytes + core.awaitingRegions * regionBytes;
    };
    const { meter, phase, stopRequested } = this.r;
    const report = this.atPoint(point, () => runResync({ running, meter, generator, stopRequested, progress }));
    const secondsLeft = report.complete ? undefined : phase.forecast.secondsLeft();
    return secondsLeft === undefined ? report : { ...report, secondsLeft };
  }

  judge(pass?: PassRequest): JudgeReport {
    const { areas, spec } = this.r.opened();
    const history = this.r.history.recorder;
    if (history === null || this.r.recovery === null) {
      throw new ReplicationError(
        'ENGINE_STATE',
        'judge needs the history of a run and a recovered journal; call recover first',
      );
    }
    this.r.waitIdle('judge');
    // The history takes what this pass reads as durable. With `acknowledge: completed` some of it may still be in a
    // cache.
    if (spec.tracking.acknowledge === 'completed') flushOrThrow(this.r.bulkRing(), [PRIMARY, SECONDARY]);
    const plan = this.planOf(pass, this.r.recovery.dirty);
    this.r.phase.enter('judge', plan?.coverage.bytes ?? areas.geometry.usableBytes);
    const differing: number[] = [];
    const report = judgeAreas({
      bulk: this.r.bulkRing(),
      tools: this.r.tools,
      geometry: areas.geometry,
      dirty: this.r.recovery.dirty,
      history,
      ranges: plan?.ranges,
      differs: (region) => differing.push(region),
      progress: (done) => this.r.progress(done),
    });
    history.drain();
    this.r.history.check();
    if (report === null) throw this.stopped('judge');
    const covered = this.covered(plan);
    // What is lost is not in D: only the verify pass makes the campaign repair it.
    for (const region of differing) this.r.passes?.touch(region * areas.geometry.regionBytes, 1);
    return { ...report, ...covered };
  }

  verify(pass?: PassRequest): VerifyReport {
    const started = performance.now();
    this.r.waitIdle('verify');
    const plan = this.planOf(pass, this.r.recovery?.dirty ?? null);
    return { ...verifyReport(this.compare(plan), started), ...this.covered(plan) };
  }

  repair(pass?: PassRequest): ResyncReport {
    const { core } = this.r.needCore();
    this.r.waitIdle('verify');
    const plan = this.planOf(pass, this.r.recovery?.dirty ?? null);
    for (const region of this.compare(plan).differing.regions) core.markForResync(region);
    return this.resync();
  }

  /** Null: every byte, without an account of it. */
  private planOf(pass: PassRequest | undefined, dirty: RegionSet | null): PassPlan | null {
    return pass === undefined ? null : (this.r.passes?.plan(pass, dirty) ?? null);
  }

  /** The pass has read all of its plan. */
  private covered(plan: PassPlan | null): { coverage?: PassCoverage } {
    if (plan === null) return {};
    this.r.passes?.completed(plan);
    return { coverage: plan.coverage };
  }

  private compare(plan: PassPlan | null): Look {
    const { geometry } = this.r.opened().areas;
    this.r.phase.enter('verify', plan?.coverage.bytes ?? geometry.usableBytes);
    const parts = {
      ranges: plan?.ranges,
      bulk: this.r.bulkRing(),
      tools: this.r.tools,
      geometry,
      progress: (done: number) => this.r.progress(done),
    };
    const found = lookAtAreas(parts, this.r.history.recorder);
    if (found === null) throw this.stopped('verify');
    return found;
  }

  /** Runs `work` with the cut point armed, and submits afterwards what the point still holds back. */
  private atPoint<T>(point: PointArm | undefined, work: () => T): T {
    const { control, point: report } = this.r.reports;
    const running = this.r.needCore();
    if (point !== undefined) running.arm(point, { report, powerLossNs: () => control.pointSendNs });
    try {
      return work();
    } finally {
      running.driver.releasePoint();
    }
  }

  private generator(w: WorkloadSpec, seed: number): LoadGenerator {
    const { core, driver, queue } = this.r.needCore();
    const { geometry, alignBytes } = this.r.opened().areas;
    const workload = createWorkload({ ...w, usableBytes: geometry.usableBytes, alignBytes }, seed);
    const limits = { queueDepth: w.queueDepth, maxWritesPerSecond: w.maxWritesPerSecond };
    return new LoadGenerator({ core, driver, queue, workload, limits });
  }

  private stopped(what: string): ReplicationError {
    return new ReplicationError('ENGINE_STOPPED', `${what} was stopped before its end`);
  }
}

let lastFormatEpoch = -1;

/**
 * The wall clock in ms, modulo 2^32. A format overwrites every block of the journal, so the epoch matters only for a
 * block whose write was lost. The value repeats after 49.7 days: such a block would count as current only if its own
 * format was made in the same millisecond of that period. Two formats in one millisecond get two epochs.
 */
function newFormatEpoch(): number {
  const now = Date.now() % 2 ** 32;
  lastFormatEpoch = now === lastFormatEpoch ? (now + 1) % 2 ** 32 : now;
  return lastFormatEpoch;
}
