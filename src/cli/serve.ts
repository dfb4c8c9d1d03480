/**
 * `plugpull serve RIG`: metrics of a rig between campaigns: what a recovery would find dirty, from the journal alone,
 * and the rails, from boards that can be asked. Claims nothing and switches nothing: a run on the same rig goes on
 * undisturbed. What only an engine knows stays at its first value.
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

/** Of this host alone. */
const LISTEN = '9464';
/** Prometheus asks every 15 seconds; the log of a large journal takes a moment to read. */
const LOOK_EVERY_MS = 5000;
/**
 * After an answer: a board is asked no oftener than its answer is looked at, and its tty is free nearly all the time.
 */
const ASK_BOARDS_EVERY_MS = 15_000;

export function addServe(program: Command): void {
  program
    .command('serve <rig>')
    .description('metrics of a rig without a campaign')
    .addOption(
      new Option('--listen <[host:]port>', 'where')
        .argParser(parseMetricsAddress)
        .default(parseMetricsAddress(LISTEN), LISTEN),
    )
    .addOption(ffiOption())
    .action((file: string, options: ServeOptions) => serve(loadRig(file), options));
}

/** Until a signal; that is its ordinary end. */
async function serve(rig: ResolvedRig, options: ServeOptions): Promise<void> {
  const metrics = createMetrics(
    rig.name,
    rig.rails.map((r) => r.name),
  );
  const told = new Map<string, string>();
  const journal = teller('journal', told, async () => {
    sample(metrics, await inspectRig(rig, options.ffi));
    return '';
  });
  const rails = teller('rails', told, async () => {
    try {
      const states = await railStates(rig);
      for (const { rail, state } of states) metrics.railState(rail, state);
      return [...new Set(states.flatMap(({ why }) => why ?? []))].map((why) => `rails unknown: ${why}`).join('\n');
    } catch (error) {
      for (const { name } of rig.rails) metrics.railState(name, 'unknown');
      throw error;
    }
  });
  await Promise.all([journal(), rails()]);
  const server = await serveMetrics(metrics, options.listen);
  print(`metrics: ${server.url}`);
  const loops = [repeat(journal, LOOK_EVERY_MS), repeat(rails, ASK_BOARDS_EVERY_MS)];
  const interrupts = catchInterrupts(() => process.exit(EXIT.interrupted), printHurry('ends at once'));
  await new Promise<void>((resolve) => interrupts.onFirst(resolve));
  // A board that is being asked is let go of before the process ends.
  await Promise.all(loops.map((end) => end()));
  interrupts.release();
  await server.close();
}

/**
 * `look` tells what is amiss, or throws it: a rig that is dark, or not there yet. Said when it changes, and looked at
 * again. `told`: what each teller said last; what one has said the other need not.
 */
function teller(name: string, told: Map<string, string>, look: () => Promise<string>): () => Promise<void> {
  return async () => {
    const trouble = await look().catch(textOf);
    const known = [...told.values()].includes(trouble);
    if (!known && trouble !== '') process.stderr.write(`plugpull: ${trouble}\n`);
    told.set(name, trouble);
  };
}

/** So long after the end of one comes the next. Returns what ends it, when the last one has ended. */
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

/**
 * The rails of a rig between campaigns, for `serve`: asked of the boards, which are not touched. Unknown while a
 * command holds the rig, and where a board can't be asked.
 */

export interface RailStateNow {
  rail: string;
  state: RailState;
  /** Why it is unknown; null: it is known. */
  why: string | null;
}

/** @throws CampaignError LAB_NOT_RUNNING and its like */
export async function railStates(rig: ResolvedRig): Promise<RailStateNow[]> {
  const holder = rigHolder(rig.name);
  if (holder !== null) {
    const why = `process ${holder.pid} (${holder.command}) holds the rig`;
    return rig.rails.map(({ name }) => ({ rail: name, state: 'unknown', why }));
  }
  const spec = { boards: await boardsOf(rig), boardTypes: rig.boardTypes, rails: rig.rails };
  return readRailsAtRest(spec, { rigName: rig.name, runtimeDir: stateDir() });
}
