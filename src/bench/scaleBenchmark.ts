/**
 * `bench scale`: what the size of an area costs. For each case a journal with dirty regions on sparse devices of its
 * own, and then, as after a power cut: open, recover, the loading of D into a core, and the memory of the process.
 * It reports figures and sets no limits.
 */
import { TRACKING } from './engineSpec.js';
import { randomUUID } from 'node:crypto';
import { Core } from '../tracker/core/core.js';
import type { CoreEffects } from '../tracker/core/effects.js';
import type { IndicatorMap } from '../tracker/core/indicatorMap.js';
import { parseUuid } from '../tracker/journal/format.js';
import { requiredJournalBytes, REGIONS_PER_GROUP } from '../tracker/journal/layout.js';
import { createReplicationEngine } from '../replication/worker/client.js';
import type { ReplicationEngine, ReplicationSpec } from '../replication/replicationEngine.js';
import { CampaignError } from '../campaign/errors.js';
import { newRunId } from '../campaign/record/runDirectory.js';
import { measuredCore } from './coreConfig.js';
import { figureOf, type Figure, type Interruption } from './figures.js';
import { peakBytes, resetPeak } from './processMemory.js';
import { sparseDevices } from './scaleDevices.js';
import { fillLog, randomRegions, writeJournal } from './scaleJournal.js';

export interface ScaleCase {
  areaBytes: number;
  regionBytes: number;
  dirtyRegions: number;
  logBytes: number;
  /** The log is full of evidence of transactions that are over. */
  fullLog: boolean;
}

export interface ScaleResult extends ScaleCase {
  regionCount: number;
  journalBytes: number;
  openMs: Figure;
  recoverMs: Figure;
  /** Of all threads. */
  recoverCpuMs: Figure;
  loadDirtyMs: Figure;
  /** Resident memory of the process: the peak from open to the end of recovery, and what it had before. */
  peakBytes: number;
  idleBytes: number;
  /** JavaScript heap of the main thread at the end; D and the maps are not in it. */
  heapBytes: number;
}

export interface ScaleOptions {
  cases: readonly ScaleCase[];
  rounds: number;
  /** The file system has to allow sparse files of the largest area. */
  dir: string;
}

const GIB = 2 ** 30;
const TIB = 2 ** 40;
const KIB = 2 ** 10;
const MIB = 2 ** 20;
const LOG_BYTES = 4 * MIB;
const LARGE_LOG_BYTES = 256 * MIB;

const base = { logBytes: LOG_BYTES, fullLog: false };
/** In ascending memory. */
export const SCALE_CASES: readonly ScaleCase[] = [
  { ...base, areaBytes: GIB, regionBytes: 64 * KIB, dirtyRegions: 1000 },
  { ...base, areaBytes: TIB, regionBytes: 64 * KIB, dirtyRegions: 1000 },
  { ...base, areaBytes: TIB, regionBytes: 64 * KIB, dirtyRegions: 1e6 },
  { areaBytes: TIB, regionBytes: 64 * KIB, dirtyRegions: 1000, logBytes: LARGE_LOG_BYTES, fullLog: true },
  { ...base, areaBytes: 64 * TIB, regionBytes: MIB, dirtyRegions: 1000 },
  { ...base, areaBytes: 64 * TIB, regionBytes: MIB, dirtyRegions: 1e6 },
  { ...base, areaBytes: 1024 * TIB, regionBytes: MIB, dirtyRegions: 1000 },
  { ...base, areaBytes: 1024 * TIB, regionBytes: MIB, dirtyRegions: 1e6 },
];

/** @throws CampaignError INTERRUPTED, HARDWARE_FAILED; UsageError; ReplicationError */
export async function benchmarkScale(options: ScaleOptions, interruption: Interruption): Promise<ScaleResult[]> {
  const results: ScaleResult[] = [];
  for (const [i, one] of options.cases.entries()) {
    interruption.say(`case ${i + 1} of ${options.cases.length}`);
    results.push(await measureCase(one, options, interruption));
  }
  return results;
}

interface Sample {
  openMs: number;
  recoverMs: number;
  recoverCpuMs: number;
  peakBytes: number;
  idleBytes: number;
}

async function measureCase(one: ScaleCase, { rounds, dir }: ScaleOptions, { yieldToSignals }: Interruption) {
  const { areaBytes, regionBytes, dirtyRegions, logBytes } = one;
  const regionCount = Math.ceil(areaBytes / regionBytes);
  const journalBytes = requiredJournalBytes(logBytes, regionCount);
  const geometry = { regionBytes, usableBytes: areaBytes, logBytes };
  const rigUuid = randomUUID();
  const identity = { rigUuid: parseUuid(rigUuid), formatEpoch: 1 };
  let expected = 0;
  const sizes = { primary: areaBytes, secondary: areaBytes, journal: journalBytes };
  const devices = await sparseDevices(dir, sizes, (fd) => {
    const dirty = randomRegions(regionCount, dirtyRegions);
    writeJournal(fd, geometry, identity, dirty);
    if (one.fullLog) for (const region of fillLog(fd, geometry, identity)) dirty.set(region);
    expected = dirty.count;
  });
  try {
    const spec = specOf(one, rigUuid, devices.paths);
    const samples: Sample[] = [];
    const loads: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await yieldToSignals();
      samples.push(await measureEngine(spec, expected));
    }
    // After the engines: the maps of this thread must not count as memory of theirs.
    for (let round = 0; round < rounds; round++)
      loads.push(measureLoad(regionCount, randomRegions(regionCount, dirtyRegions)));
    return {
      ...one,
      regionCount,
      journalBytes,
      openMs: figureOf(samples.map(({ openMs }) => openMs)),
      recoverMs: figureOf(samples.map(({ recoverMs }) => recoverMs)),
      recoverCpuMs: figureOf(samples.map(({ recoverCpuMs }) => recoverCpuMs)),
      loadDirtyMs: figureOf(loads),
      peakBytes: Math.max(...samples.map((sample) => sample.peakBytes)),
      idleBytes: Math.max(...samples.map((sample) => sample.idleBytes)),
      heapBytes: process.memoryUsage().heapUsed,
    };
  } finally {
    devices.release();
  }
}

/** A worker thread of its own, so that no memory of an earlier case is counted. */
async function measureEngine(spec: ReplicationSpec, expected: number): Promise<Sample> {
  const engine = await createReplicationEngine(
    { onFailure: () => undefined, onSnapshot: () => undefined },
    { ffi: spec.ffi },
  );
  try {
    const idleBytes = resetPeak();
    const started = performance.now();
    await engine.open(spec);
    const opened = performance.now();
    const cpu = process.cpuUsage();
    await recovered(engine, expected);
    const recoverMs = performance.now() - opened;
    const { user, system } = process.cpuUsage(cpu);
    const recoverCpuMs = (user + system) / 1000;
    const sample = { openMs: opened - started, recoverMs, recoverCpuMs, peakBytes: peakBytes(), idleBytes };
    await engine.abandon();
    return sample;
  } finally {
    await engine.terminate();
  }
}

async function recovered(engine: ReplicationEngine, expected: number): Promise<void> {
  const { dirtyRegions } = await engine.recover();
  if (dirtyRegions === expected) return;
  throw new CampaignError(
    'HARDWARE_FAILED',
    `recovery found ${dirtyRegions} dirty regions, but the journal has ${expected}; see \`dmesg\``,
  );
}

/** Milliseconds to load D into the maps of a core. */
function measureLoad(regionCount: number, dirty: IndicatorMap): number {
  const config = { ...measuredCore({ regionCount, inFlight: 1 }), regionsPerGroup: REGIONS_PER_GROUP };
  const core = new Core(config, NO_EFFECTS);
  const started = performance.now();
  core.loadDirty(dirty, [], true);
  return performance.now() - started;
}

const NO_EFFECTS: CoreEffects = {
  submitWrite: () => undefined,
  submitCopy: () => undefined,
  flushPays: () => false,
  submitFlush: () => undefined,
  writeLog: () => undefined,
  writePage: () => undefined,
  answer: () => undefined,
  free: () => undefined,
};

function specOf(one: ScaleCase, rigUuid: string, paths: Record<'primary' | 'secondary' | 'journal', string>) {
  const durability = 'flush' as const;
  const spec: ReplicationSpec = {
    rigUuid,
    primary: { device: paths.primary, durability },
    secondary: { device: paths.secondary, durability },
    journal: { device: paths.journal, durability, logBytes: one.logBytes },
    tracking: { ...TRACKING, mode: 'sync', regionBytes: one.regionBytes },
    ffi: 'koffi',
    runId: newRunId(),
    historyDir: null,
  };
  return spec;
}
