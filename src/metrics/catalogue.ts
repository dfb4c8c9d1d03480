/**
 * All metrics: name, kind, labels, help. The exporter is built from this table, and tests check dashboards and alerts
 * against it. Units are base units. All metrics have the label `rig`; the table omits it. Pure data.
 */
import { IO_SECONDS } from '../replication/meter.js';

export interface MetricSpec {
  kind: 'gauge' | 'counter' | 'histogram';
  help: string;
  labels: readonly string[];
  /**
   * Histograms only: upper bounds of the buckets, in seconds. If a bound changes, a run can no longer be compared with
   * recorded ones. The bounds for I/O are in src/replication/ioSeconds.ts, where I/O is counted.
   */
  buckets?: readonly number[];
}

/** Recovery reads a log of at most 1 GiB. It takes milliseconds on a lab disk, and minutes on a slow journal. */
const RECOVERY_SECONDS = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** A resync copies between a few lingering regions of a lab disk and an entire array. */
const RESYNC_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600];

/**
 * From the command to the first failed I/O. Wire and contact take 10 to 30 ms, so the steps are fine there; then comes
 * the supply's hold-up, up to seconds.
 */
const CUT_SECONDS = [0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 10, 30];

export const CATALOGUE = {
  plugpull_regions: { kind: 'gauge', labels: [], help: 'Regions of the storage areas.' },
  plugpull_dirty_regions: { kind: 'gauge', labels: [], help: 'Regions whose indicator is set in memory.' },
  plugpull_persisted_indicators: {
    kind: 'gauge',
    labels: [],
    help: 'Regions marked in the indicator area of the journal.',
  },
  plugpull_updates_in_flight: {
    kind: 'gauge',
    labels: [],
    help: 'Updates obtained and not yet acknowledged or given up.',
  },
  plugpull_log_used_bytes: {
    kind: 'gauge',
    labels: [],
    help: 'Bytes of the log ring that may not be overwritten yet.',
  },
  plugpull_log_size_bytes: { kind: 'gauge', labels: [], help: 'Bytes of the log ring.' },
  plugpull_writes_total: {
    kind: 'counter',
    labels: ['area'],
    help: 'Writes completed by each area; of the journal, writes of log blocks and indicator pages.',
  },
  plugpull_write_bytes_total: {
    kind: 'counter',
    labels: ['area'],
    help: 'Bytes of the writes completed by each area.',
  },
  plugpull_write_duration_seconds: {
    kind: 'histogram',
    labels: ['area'],
    buckets: IO_SECONDS,
    help: 'Latency of each write from submission to completion.',
  },
  plugpull_evidence_wait_seconds: {
    kind: 'histogram',
    labels: [],
    buckets: IO_SECONDS,
    help: 'Time an update waited until its evidence was durable.',
  },
  plugpull_phase_progress_ratio: { kind: 'gauge', labels: [], help: 'Done fraction of the running phase, 0 to 1.' },
  plugpull_recovery_duration_seconds: {
    kind: 'histogram',
    labels: [],
    buckets: RECOVERY_SECONDS,
    help: 'Recovery from the journal after a cut.',
  },
  plugpull_recovery_findings_total: {
    kind: 'counter',
    labels: ['where'],
    help: 'Torn, corrupt or stale metadata that recovery found.',
  },
  plugpull_resync_duration_seconds: {
    kind: 'histogram',
    labels: [],
    buckets: RESYNC_SECONDS,
    help: 'Resyncs that ended with nothing dirty.',
  },
  plugpull_resync_bytes_total: { kind: 'counter', labels: [], help: 'Bytes copied from primary to secondary.' },
  plugpull_resync_remaining_regions: {
    kind: 'gauge',
    labels: [],
    help: 'Regions that the running resync has still to copy.',
  },
  plugpull_resync_left_seconds: {
    kind: 'gauge',
    labels: [],
    help: 'Time until the running resync ends; +Inf: never, the number of dirty regions does not fall; NaN: not known.',
  },
  plugpull_cycles_total: {
    kind: 'counter',
    labels: ['verdict'],
    help: 'Cycles by verdict; invalid: the cycle proves nothing.',
  },
  plugpull_power_cuts_total: { kind: 'counter', labels: ['rail'], help: 'Cuts of each rail.' },
  plugpull_cut_latency_seconds: {
    kind: 'histogram',
    labels: ['rail'],
    buckets: CUT_SECONDS,
    help: 'Time from the command to the first failed I/O on a device of the rail.',
  },
  plugpull_rail_state: { kind: 'gauge', labels: ['rail'], help: 'Rail as last known: 1 on, 0 off, -1 unknown.' },
  plugpull_lost_indicators_total: {
    kind: 'counter',
    labels: [],
    help: 'Regions that differed and were not marked dirty: invariant I1 broken.',
  },
  plugpull_lost_acknowledged_sectors_total: {
    kind: 'counter',
    labels: [],
    help: 'Acknowledged sectors of 512 bytes that the primary lost: invariant I2 broken.',
  },
  plugpull_false_dirty_regions: {
    kind: 'gauge',
    labels: [],
    help: 'Regions marked dirty after the last cut that did not differ.',
  },
  plugpull_anomalies_total: {
    kind: 'counter',
    labels: ['area', 'class'],
    help: 'Faults of the devices by class of the fault catalogue, counted in sectors, journal blocks or devices.',
  },
  plugpull_legal_losses_total: {
    kind: 'counter',
    labels: ['area', 'class'],
    help: 'Sectors and journal blocks that a cut may leave lost or torn, by class of the fault catalogue.',
  },
  plugpull_failure_rate_upper_bound: {
    kind: 'gauge',
    labels: [],
    help: 'Upper 95 % bound on the failure rate of a cycle (Clopper-Pearson), 0 to 1.',
  },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof CATALOGUE;

/** The label that every metric has. */
export const RIG_LABEL = 'rig';
