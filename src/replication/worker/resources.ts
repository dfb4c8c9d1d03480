/**
 * What the worker holds: open devices, an I/O ring, the recovered journal, a running core, and the history of the run.
 * The history outlives `drop`: it belongs to the judge, not to the replication engine that crashed.
 */
import { constants } from 'node:os';
import { AREA_NAMES } from '../../base/areas.js';
import type { HostPause } from '../../base/attendedTime.js';
import { createIoRing } from '../../blockdev/ioRing.js';
import type { IoRing, SectorTools } from '../../blockdev/blockDevice.js';
import { sectorTools } from '../../blockdev/sectorTools.js';
import { usableBytes } from '../../gate/label.js';
import { JOURNAL, PRIMARY, type DeviceIndex } from '../../tracker/core/devices.js';
import { frozenRegions, type RegionSet } from '../../tracker/core/regionSet.js';
import { parseUuid } from '../../tracker/journal/format.js';
import type { JournalRecovery } from '../../tracker/journal/recovery.js';
import type { WorkloadSpec } from '../../workload/workload.js';
import { keptOpen, openAreas, type OpenAreas } from '../areas.js';
import { ReplicationError } from '../errors.js';
import { readJournal } from '../journalIo.js';
import { Meter } from '../meter.js';
import type {
  AreaFailure,
  ReplicationSnapshot,
  ReplicationSpec,
  OpenReport,
  PointEvent,
} from '../replicationEngine.js';
import { RunningCore } from '../runningCore.js';
import { BULK_ARENA_BYTES } from '../scan/bulk.js';
import type { BulkRing } from '../scan/passIo.js';
import { PassPlanner } from '../scan/coverage.js';
import { touchFeed } from '../scan/touchFeed.js';
import type { Control } from './channel.js';
import { HistoryFile } from './historyFile.js';
import { Phase } from './phase.js';

/** Depth of the ring for bulk passes. */
const BULK_IO_DEPTH = 64;

export interface WorkerReports {
  control: Control;
  snapshot(s: ReplicationSnapshot): void;
  failure(f: AreaFailure): void;
  point(e: PointEvent): void;
  loadBegan(): void;
  pause(p: HostPause): void;
  /** The worker has ended the power epochs of the announced areas. */
  powerLossTaken(): void;
}

/** `dirty`: D as recovery found it; the core has the map and changes it. */
export type RecoveredJournal = Omit<JournalRecovery, 'dirty'> & { dirty: RegionSet };

export class WorkerResources {
  readonly reports: WorkerReports;
  readonly meter = new Meter();
  readonly history = new HistoryFile();
  readonly phase: Phase;
  /** As the history, it outlives `drop`: what was written since the last full pass. */
  passes: PassPlanner | null = null;
  recovery: RecoveredJournal | null = null;
  private openTools: SectorTools | null = null;
  private spec: ReplicationSpec | null = null;
  private areas: OpenAreas | null = null;
  /** The ring of bulk passes; the running core has its own. */
  private bulk: IoRing | null = null;
  private running: RunningCore | null = null;
  /** Update ids continue over all engines of a worker: the history orders versions by them. */
  private nextUpdateId = 1;
  /** While closing, an incomplete history throws no error: it has thrown before, and the close must finish. */
  private closing = false;

  constructor(reports: WorkerReports) {
    this.reports = reports;
    this.phase = new Phase(
      this.meter,
      (snapshot) => reports.snapshot(snapshot),
      () => ({
        core: this.running?.core ?? null,
        regionCount: this.areas?.regionCount ?? 0,
        logBytes: this.spec?.journal.logBytes ?? 0,
      }),
    );
  }

  open(spec: ReplicationSpec): OpenReport {
    if (this.areas !== null)
      throw new ReplicationError('ENGINE_STATE', 'the engine is open already; close or abandon it first');
    this.closing = false;
    const areas = openAreas(spec);
    try {
      this.openTools ??= sectorTools(spec.ffi);
      this.history.open(spec, areas.geometry.usableBytes);
      if (this.history.recorder !== null) this.passes ??= new PassPlanner(areas.geometry);
      this.areas = areas;
      this.spec = spec;
      this.bulk = this.createRing(BULK_IO_DEPTH, BULK_ARENA_BYTES);
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

  /** Discards everything but the history and closes the devices; writes nothing. */
  drop(): void {
    this.takePowerLoss();
    this.rememberIds();
    if (this.running !== null) drainAndClose(this.running.io, this.reports.control);
    this.running = null;
    this.closeBulk();
    this.recovery = null;
    this.areas?.close();
    this.areas = null;
    this.history.recorder?.forgetInFlight();
    this.history.recorder?.drain();
    this.phase.enter('closed', 0);
  }

  /** Orderly end: I/O in flight ends or is given up (R9), evidence leaves the log, then the devices are closed. */
  close(): void {
    this.closing = true;
    this.endCore();
    this.drop();
    this.history.close();
    this.passes = null;
  }

  readonly stopRequested = (): boolean => this.reports.control.stopRequested;

  get tools(): SectorTools {
    if (this.openTools === null) throw notOpen();
    return this.openTools;
  }

  opened(): { areas: OpenAreas; spec: ReplicationSpec } {
    if (this.areas === null || this.spec === null) throw notOpen();
    return { areas: this.areas, spec: this.spec };
  }

  needCore(): RunningCore {
    if (this.running === null)
      throw new ReplicationError('ENGINE_STATE', 'the journal has not been recovered; call recover first');
    return this.running;
  }

  /**
   * Ensures a core whose pools fit the workload. The core that recovery starts can only copy. It is ended in order, and
   * the next core starts from the journal alone, read again.
   */
  withWorkload(w: WorkloadSpec): void {
    if (this.running?.fits(w) === true) return;
    this.endCore();
    this.recovery = null;
    this.startCore(w, this.readJournal());
    this.untilReady('the load started');
  }

  startCore(workload: WorkloadSpec | null, recovery: JournalRecovery): void {
    const { areas, spec } = this.opened();
    this.recovery = { ...recovery, dirty: frozenRegions(recovery.dirty) };
    this.closeBulk();
    this.running = new RunningCore({
      spec,
      areas,
      recovery,
      workload,
      tools: this.tools,
      history: touchFeed(this.history.recorder, this.passes),
      meter: this.meter,
      nextUpdateId: this.nextUpdateId,
      onFailure: (device, errno, atNs, inFlight) =>
        this.reports.failure({ area: AREA_NAMES[device], errno, atNs, inFlight }),
      onTimeout: (device, atNs) =>
        this.reports.failure({ area: AREA_NAMES[device], errno: constants.errno.ETIMEDOUT, atNs, timedOut: true }),
      onPause: (pause) => this.reports.pause(pause),
      afterRound: () => {
        this.takePowerLoss();
        const { stopRequested, pointDisarmed } = this.reports.control;
        if (stopRequested || pointDisarmed) this.running?.driver.releasePoint();
        this.phase.sendIfDue();
        if (!this.closing) this.history.check();
      },
    });
  }

  /** @throws ReplicationError ENGINE_AREA_LOST when the journal fails meanwhile. */
  untilReady(meanwhile: string): void {
    if (this.needCore().untilReady()) return;
    throw new ReplicationError('ENGINE_AREA_LOST', `the journal failed while ${meanwhile}; recover again`, {
      area: 'journal',
    });
  }

  endCore(): void {
    this.running?.end();
    if (this.running !== null) drainAndClose(this.running.io, this.reports.control);
    this.rememberIds();
    this.running = null;
  }

  /** The ring for bulk passes: that of the running core, if there is one. */
  private ring(): IoRing {
    if (this.running !== null) return this.running.io;
    this.bulk ??= this.createRing(BULK_IO_DEPTH, BULK_ARENA_BYTES);
    return this.bulk;
  }

  bulkRing(): BulkRing {
    return { io: this.ring(), stopRequested: this.stopRequested };
  }

  private createRing(depth: number, arenaBytes: number): IoRing {
    const { areas, spec } = this.opened();
    return createIoRing({ ffi: spec.ffi, depth, arenaBytes, devices: areas.devices, keepOpen: keptOpen(spec) });
  }

  readJournal(): JournalRecovery {
    const { areas, spec } = this.opened();
    const expected = { ...areas.geometry, rigUuid: parseUuid(spec.rigUuid) };
    return readJournal(this.bulkRing(), expected, usableBytes(areas.identities.journal));
  }

  /**
   * The thread gets messages only while no loop runs. The time since the last loop is no pause of the host, also for
   * the loss of power that the message announces.
   */
  messageArrived(): void {
    this.running?.begin();
    this.takePowerLoss();
  }

  /** Ends the power epochs of the areas whose power loss the bench has announced. */
  takePowerLoss(): void {
    const lost = this.reports.control.takePowerLoss();
    if (lost.length === 0) return;
    for (const device of lost as DeviceIndex[]) {
      if (this.running !== null) this.running.driver.powerLost(device);
      else if (device !== JOURNAL) this.history.recorder?.powerLost(device === PRIMARY ? 'primary' : 'secondary');
    }
    // The areas have no power: the I/O held back at a cut point may go out now, and finds them off.
    this.running?.driver.releasePoint();
    this.reports.powerLossTaken();
  }

  waitIdle(before: string): void {
    if (this.running?.waitIdle(this.stopRequested) === false)
      throw new ReplicationError('ENGINE_STOPPED', `${before} was stopped before its end`);
  }

  /** Notes the progress of a bulk pass. False: stop. */
  progress(doneBytes: number): boolean {
    this.phase.doneBytes = doneBytes;
    this.takePowerLoss();
    this.phase.sendIfDue();
    this.history.check();
    return !this.reports.control.stopRequested;
  }

  private closeBulk(): void {
    if (this.bulk !== null) drainAndClose(this.bulk, this.reports.control);
    this.bulk = null;
  }

  private rememberIds(): void {
    if (this.running !== null) this.nextUpdateId = this.running.core.nextUpdateId;
  }
}

/** A wait longer than this is reported in `Control.unanswered`. */
const DRAIN_SLICE_NS = 100e6;

/**
 * Closes a ring whose devices may never answer. The kernel keeps memory and devices until they answer, so this function
 * waits. It waits in slices: the main thread can terminate this thread between two of them, and can read how many I/Os
 * each device has left unanswered.
 */
export function drainAndClose(io: IoRing, control: Control): void {
  while (io.discard(DRAIN_SLICE_NS) > 0)
    AREA_NAMES.forEach((_, device) => control.setUnanswered(device, io.unanswered(device)));
  AREA_NAMES.forEach((_, device) => control.setUnanswered(device, 0));
  io.close();
}

function notOpen(): ReplicationError {
  return new ReplicationError('ENGINE_STATE', 'no devices are open; call open first');
}
