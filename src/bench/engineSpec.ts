/** The settings with which the benchmarks open the replication engine: the defaults of a profile, without a history. */
import { randomUUID } from 'node:crypto';
import { newRunId } from '../campaign/record/runDirectory.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { ReplicationSpec, TrackingSpec } from '../replication/replicationEngine.js';
import type { DeviceRef } from '../blockdev/blockDevice.js';
import type { BenchmarkDevice } from './ioDevices.js';

/** Regions grow with the area, so that a journal of a few MiB holds the indicators. */
const REGION_BYTES_MIN = 2 ** 16;
const REGIONS_MAX = 2 ** 20;

/** The defaults of a profile. */
export const TRACKING: Omit<TrackingSpec, 'mode' | 'regionBytes'> = {
  acknowledge: 'durable',
  lingerMs: 5000,
  hotRegions: 1024,
  ackTimeoutMs: 30_000,
  groupCommitMs: 2,
  flushEveryWrites: 64,
  flushIntervalMs: 20,
};
export const LOG_BYTES = 4 * 2 ** 20;

/** Of an area of `sizeBytes`. */
export function regionBytesFor(sizeBytes: number): number {
  return Math.max(REGION_BYTES_MIN, 2 ** Math.ceil(Math.log2(sizeBytes / REGIONS_MAX)));
}

/** `devices`: P, S and J. */
export function engineSpec(
  devices: readonly BenchmarkDevice[],
  {
    mode,
    regionBytes,
    ffi,
    durability = 'flush',
  }: Pick<TrackingSpec, 'mode' | 'regionBytes'> & { ffi: FfiName; durability?: DeviceRef['durability'] },
): ReplicationSpec {
  const [primary, secondary, journal] = devices.map((d) => ({ ...d, durability }));
  return {
    rigUuid: randomUUID(),
    primary,
    secondary,
    journal: { ...journal, logBytes: LOG_BYTES },
    tracking: { ...TRACKING, mode, regionBytes },
    ffi,
    runId: newRunId(),
    historyDir: null,
  };
}
