/**
 * `plugpull serve RIG`: metrics of a rig between campaigns: the dirty regions in the journal, and the state of the
 * rails from boards that can report it. It opens nothing exclusively and switches nothing, so a run can start on the
 * same rig. Metrics of a replication engine keep their first value.
 */
import { type Command, Option } from 'commander';
import { catchInterrupts } from '../campaign/session/interrupts.js';
import { textOf } from '../campaign/errors.js';
import { noDurations } from '../replication/meter.js';
import type { InspectReport } from '../replication/inspect.js';
import type { ReplicationSnapshot } from '../replication/replicationEngine.js';
import { type MetricsAddress, parseMetricsAddress, serveMetrics } from '../metrics/server.js';
import { createMetrics, type Metrics } from '../metrics/metrics.js';
import { loadRig } from '../rig/load.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { EXIT } from './exitCodes.js';
import { inspectRig } from './inspect.js';
import { type FfiName, ffiOption } from './options.js';
import { print, printHurry } from './output.js';
import { rigHolder } from '../campaign/session/rigLock.js';
import { stateDir } from '../campaign/directories.js';
import { readRailsAtRest } from '../power/openPower.js';
import type { RailState } from '../power/rails/rail.js';
import { boardsOf } from './withPower.js';

interface ServeOptions {
  listen: MetricsAddress;
  ffi: FfiName;
}

/** Port; the default host is 127.0.0.1. */
const LISTEN = '9464';
/** Shorter than the usual 15 s of Prometheus; reading the log of a large journal takes time. */
const LOOK_EVERY_MS = 5000;
/** From one answer to the next query, so that the board's tty is free nearly all the time. */
const ASK_BOARDS_EVERY_MS = 15_000;

export function addServe(program: Command): void {
  program
    .command('serve <rig>')
    .description('serve Prometheus metrics of a rig without a campaign, until Ctrl-C')
    .addOption(
      new Option('--listen <[host:]port>', 'address to serve on (default host: 127.0.0.1)')
        .argParser(parseMetricsAddress)
        .default(parseMetricsAddress(LISTEN), LISTEN),
    )
    .addOption(ffiOption())
    .action((file: string, options: ServeOptions) => serve(loadRig(file), options));
}

/** Runs until a signal. */
async function serve(rig: ResolvedRig, options: ServeOptions): Promise<void> {
  const metrics = createMetrics(
    rig.name,
    rig.rails.map((r) => r.name),
  );
  const printed = new Map<string, string>();
  const journal = reporter('journal', printed, async () => {
    sample(metrics, await inspectRig(rig, options.ffi));
    return '';
  });
  const rails = reporter('rails', printed, async () => {
    try {
      const states = await railStates(rig);
      for (const { rail, state } of states) metrics.railState(rail, state);
      return [...new Set(states.flatMap(({ why }) => why ?? []))].map((why) => `rails unknown: ${why}`).join('\n');
    } catch (error) {
      for (const { name } of rig.rails) metrics.railState(name, 'unknown');
      throw error;
    }
  });
  // Before the first query of a board: a signal then, or just as the address is printed, ends in order as well.
  const interrupts = catchInterrupts(() => process.exit(EXIT.interrupted), printHurry('ends at once'));
  try {
    await Promise.all([journal(), rails()]);
    const server = await serveMetrics(metrics, options.listen);
    print(`metrics: ${server.url}`);
    const loops = [repeat(journal, LOOK_EVERY_MS), repeat(rails, ASK_BOARDS_EVERY_MS)];
    await new Promise<void>((resolve) => interrupts.onFirst(resolve));
    // A query of a board ends before the process does.
    await Promise.all(loops.map((end) => end()));
    await server.close();
  } finally {
    interrupts.release();
  }
}

/**
 * `look` returns or throws a problem, for example that the rig is powered off or does not exist yet. A problem is
 * printed when it changes. `printed`: the last problem of each reporter, so that two reporters do not print the same
 * one.
 */
function reporter(name: string, printed: Map<string, string>, look: () => Promise<string>): () => Promise<void> {
  return async () => {
    const trouble = await look().catch(textOf);
    const known = [...printed.values()].includes(trouble);
    if (!known && trouble !== '') process.stderr.write(`plugpull: ${trouble}\n`);
    printed.set(name, trouble);
  };
}

/** Repeats `action`, with a pause after each. Returns a function that ends this and waits for the current action. */
function repeat(action: () => Promise<void>, pauseMs: number): () => Promise<void> {
  let running = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;
  let ended = false;
  const next = (): void => {
    if (ended) return;
    timer = setTimeout(() => {
      running = action();
      void running.then(next);
    }, pauseMs);
  };
  next();
  return () => {
    ended = true;
    if (timer !== null) clearTimeout(timer);
    return running;
  };
}

function sample(metrics: Metrics, r: InspectReport): void {
  const none = { primary: 0, secondary: 0, journal: 0 };
  const snapshot: ReplicationSnapshot = {
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
    writeDurations: { primary: noDurations(), secondary: noDurations(), journal: noDurations() },
    evidenceWaits: noDurations(),
    evidenceWaitSeconds: [],
  };
  metrics.sampled(snapshot);
}

interface RailStateNow {
  rail: string;
  state: RailState;
  /** Why the state is unknown; null: it is known. */
  why: string | null;
}

/**
 * States of the rails, read from their boards without switching. Unknown while a command holds the rig, and for boards
 * that report no state. @throws CampaignError LAB_NOT_RUNNING, …
 */
async function railStates(rig: ResolvedRig): Promise<RailStateNow[]> {
  const holder = rigHolder(rig.name);
  if (holder !== null) {
    const why = `process ${holder.pid} (${holder.command}) holds the rig`;
    return rig.rails.map(({ name }) => ({ rail: name, state: 'unknown', why }));
  }
  const spec = { boards: await boardsOf(rig), boardTypes: rig.boardTypes, rails: rig.rails };
  return readRailsAtRest(spec, { rigName: rig.name, runtimeDir: stateDir() });
}
