/**
 * The loads of `bench mirror`: 4 KiB updates at random addresses, on one of three working sets. The sets differ in how
 * often an update finds durable evidence of its region, and so has to wait for no log record.
 */
import type { WorkloadSpec } from '../workload/workload.js';
import type { TrackingSpec } from '../replication/replicationEngine.js';

export type Mode = TrackingSpec['mode'];
export type WorkingSet = 'hot' | 'cold' | 'zipf';

/** fio writes blocks of the same size. */
export const UPDATE_BYTES = 4096;
export const DEPTHS = [1, 8, 32, 128] as const;
export const MODES: readonly Mode[] = ['sync', 'async'];

interface SetShape {
  /** Regions of the area; hotRegions of them keep evidence. */
  regions: number;
  addresses: WorkloadSpec['addresses'];
  description: string;
}

export const WORKING_SETS: Record<WorkingSet, SetShape> = {
  hot: {
    regions: 512,
    addresses: { pattern: 'uniform', skew: 0 },
    description: 'uniform over 512 regions, which all keep their evidence',
  },
  cold: {
    regions: 4096,
    addresses: { pattern: 'uniform', skew: 0 },
    description: 'uniform over 4 096 regions, of which 1 024 keep evidence',
  },
  zipf: {
    regions: 4096,
    addresses: { pattern: 'skewed', skew: 0.99 },
    description: "Zipf's theta 0.99 over the blocks of 4 096 regions, of which 1 024 keep evidence",
  },
};

/** Bytes of a region, a power of two from 4 KiB: about `regions` of them make up the area. */
export function regionBytesOf(set: WorkingSet, sizeBytes: number): number {
  return Math.max(UPDATE_BYTES, 2 ** Math.round(Math.log2(sizeBytes / WORKING_SETS[set].regions)));
}

export function workloadOf(set: WorkingSet, depth: number): WorkloadSpec {
  return {
    queueDepth: depth,
    writesPerTransaction: { min: 1, max: 8 },
    writeBytes: { min: UPDATE_BYTES, max: UPDATE_BYTES },
    addresses: WORKING_SETS[set].addresses,
    maxWritesPerSecond: 0,
  };
}

/** Figures of every contender of `bench mirror`. An update is durable on both areas. */
export type MirrorFigure =
  'updatesPerSecond' | 'cpuMicrosecondsPerUpdate' | 'latencyMsP50' | 'latencyMsP99' | 'latencyMsP999';

/** Figures of the engine alone: where the time of an update goes, and what it costs the devices. */
export type EngineFigure =
  | MirrorFigure
  | 'evidenceMs'
  | 'transferMs'
  | 'flushMs'
  | 'journalBytesPerUpdate'
  | 'journalFlushesPerUpdate'
  | 'areaFlushesPerUpdate';
