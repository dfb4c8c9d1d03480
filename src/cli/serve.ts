/**
 * `plugpull serve RIG`: metrics of a rig between campaigns: what a recovery would find dirty, from the journal alone.
 * Only reads the journal, claims nothing, and leaves the boards alone: a run on the same rig goes on undisturbed. What
 * only an engine or a board knows stays at its first value.
 */
import type { Command } from 'commander';
import { catchInterrupts } from '../campaign/interrupts.js';
import { textOf } from '../campaign/errors.js';
import type { InspectReport } from '../engine/inspect.js';
import type { EngineSnapshot } from '../engine/port.js';
import { parseMetricsAddress, type MetricsAddress } from '../metrics/address.js';
import { createMetrics, type Metrics } from '../metrics/metrics.js';
import { serveMetrics } from '../metrics/server.js';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { EXIT } from './exitCodes.js';
import { inspectRig } from './inspect.js';
import { ffiOption, print, type FfiName } from './options.js';

interface ServeOptions {
  listen: MetricsAddress;
  ffi: FfiName;
}

/** Prometheus asks every 15 seconds; the log of a large journal takes a moment to read. */
const LOOK_EVERY_MS = 5000;

export function addServe(program: Command): void {
  program
    .command('serve <rig>')
    .description('metrics of a rig without a campaign')
    .option('--listen <[host:]port>', 'where', parseMetricsAddress, parseMetricsAddress('9464'))
    .addOption(ffiOption())
    .action((file: string, options: ServeOptions) => serve(loadRig(file), options));
}

/** Until a signal; that is its ordinary end. */
async function serve(rig: ResolvedRig, options: ServeOptions): Promise<void> {
  const metrics = createMetrics(rig.name, rig.rails.map((r) => r.name));
  let trouble = '';
  const look = async (): Promise<void> => {
    try {
      sample(metrics, await inspectRig(rig, options.ffi));
      trouble = '';
    } catch (error) {
      // A rig that is dark, or not there yet: said once, and looked at again.
      if (textOf(error) !== trouble) process.stderr.write(`plugpull: ${textOf(error)}\n`);
      trouble = textOf(error);
    }
  };
  await look();
  const server = await serveMetrics(metrics, options.listen);
  print(`metrics: ${server.url}`);
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  const interrupts = catchInterrupts(() => process.exit(EXIT.interrupted));
  await new Promise<void>((resolve) => interrupts.onFirst(resolve));
  clearInterval(timer);
  interrupts.release();
  await server.close();
}

function sample(metrics: Metrics, r: InspectReport): void {
  const none = { primary: 0, secondary: 0, journal: 0 };
  const snapshot: EngineSnapshot = {
    phase: 'idle',
    regionCount: r.regionCount,
    dirtyRegions: r.dirtyRegions,
    persistedIndicators: r.indicatorArea.dirtyRegions,
    updatesInFlight: 0,
    logUsedBytes: Math.round((r.log.bytes * Math.max(0, r.log.next - r.log.tail)) / r.log.ringBlocks),
    logBytes: r.log.bytes,
    writes: none,
    writeBytes: none,
    resyncBytes: 0,
    resyncRemainingRegions: r.dirtyRegions,
    phaseDone: 0,
    phaseBytesPerSecond: 0,
    writeSeconds: { primary: [], secondary: [], journal: [] },
    evidenceWaitSeconds: [],
  };
  metrics.sampled(snapshot);
}
