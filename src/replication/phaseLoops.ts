/** The loops of the load phase and of the resync phase. */
import { JOURNAL, PRIMARY, SECONDARY, type DeviceIndex } from '../tracker/core/devices.js';
import type { LoadGenerator } from './application.js';
import type { Meter } from './meter.js';
import type { LoadReport, ResyncReport } from './replicationEngine.js';
import type { RunningCore } from './runningCore.js';

export interface LoadRunParts {
  running: RunningCore;
  meter: Meter;
  generator: LoadGenerator;
  /** Null: until it is stopped. */
  durationMs: number | null;
  stopRequested: () => boolean;
  /** Called once, when the first update has been obtained. */
  began: () => void;
}

/** Loads until it is stopped, its time is over, or P or the journal is lost. */
export function runLoad({ running, meter, generator, durationMs, stopRequested, began }: LoadRunParts): LoadReport {
  const { core } = running;
  const started = performance.now();
  running.begin();
  let hasBegun = false;
  const count = loadCounter(running, meter);
  while (!stopRequested() && (durationMs === null || performance.now() - started < durationMs)) {
    const accepted = generator.fill();
    running.round();
    if (!hasBegun && generator.issued > 0) {
      hasBegun = true;
      began();
    }
    if (!accepted || core.primaryLost || core.journalLost) break;
  }
  generator.closeAll();
  return count(generator, performance.now() - started);
}

/** Starts counting. The returned function makes the report at the end of the load. */
function loadCounter(
  { core, queue, driver }: RunningCore,
  meter: Meter,
): (generator: LoadGenerator, durationMs: number) => LoadReport {
  const { acknowledged, givenUp } = core.counters;
  const { ok, refused } = queue.answers;
  const journalBytes = meter.writeBytes[JOURNAL];
  const flushes = [...meter.flushes];
  const flushedOf = (device: DeviceIndex): number => meter.flushes[device] - flushes[device];
  driver.times.drain();
  return (generator, durationMs) => ({
    updatesIssued: generator.issued,
    updatesAcknowledged: core.counters.acknowledged - acknowledged,
    updatesAnswered: queue.answers.ok - ok,
    updatesRefused: generator.refused + queue.answers.refused - refused,
    updatesGivenUp: core.counters.givenUp - givenUp,
    writtenBytes: generator.writtenBytes,
    durationMs,
    costs: {
      timings: driver.times.drain(),
      journalBytes: meter.writeBytes[JOURNAL] - journalBytes,
      flushes: { primary: flushedOf(PRIMARY), secondary: flushedOf(SECONDARY), journal: flushedOf(JOURNAL) },
    },
  });
}

export interface ResyncRunParts {
  running: RunningCore;
  meter: Meter;
  /** Null: the application writes nothing meanwhile. */
  generator: LoadGenerator | null;
  stopRequested: () => boolean;
  progress: (copiedBytes: number) => void;
}

/** Resynchronizes until no region awaits it, a device is lost, or it is stopped. */
export function runResync({ running, meter, generator, stopRequested, progress }: ResyncRunParts): ResyncReport {
  const { core } = running;
  const { state } = core;
  const regions = core.awaitingRegions;
  const started = performance.now();
  const before = meter.resyncBytes;
  running.begin();
  core.startResync();
  while (!(core.resync.done && !running.driver.haltsAtEnd()) && !stopRequested()) {
    generator?.fill();
    running.round();
    progress(meter.resyncBytes - before);
    if (state.primaryLost || state.journalLost || state.secondaryAway) break;
  }
  core.stopResync();
  generator?.closeAll();
  const complete = core.resync.done;
  return {
    regions,
    bytes: meter.resyncBytes - before,
    durationMs: performance.now() - started,
    complete,
    remainingRegions: core.awaitingRegions,
  };
}
