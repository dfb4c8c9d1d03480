/** The loop of a resynchronization: until nothing awaits it, a device is lost, or it is stopped. */
import type { LoadGenerator } from './loadRun.js';
import type { Meter } from './meter.js';
import type { ResyncReport } from './replicationEngine.js';
import type { RunningCore } from './runningCore.js';

export interface ResyncRunParts {
  running: RunningCore;
  meter: Meter;
  /** Null: no application writes meanwhile. */
  generator: LoadGenerator | null;
  stopRequested: () => boolean;
  progress: (copiedBytes: number) => void;
}

export function runResync({ running, meter, generator, stopRequested, progress }: ResyncRunParts): ResyncReport {
  const { core } = running;
  const { state } = core;
  const regions = core.awaitingRegions;
  const started = performance.now();
  const before = meter.resyncBytes;
  running.begin();
  core.startResync();
  while (!(core.resync.done && !running.driver.pausesAtEnd()) && !stopRequested()) {
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
