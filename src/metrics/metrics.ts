/**
 * The metrics of one rig. The campaign reports events in its own terms; `render` returns the text that Prometheus
 * reads. Series with known label values are exported from the start, at zero. One object lives as long as the command,
 * over several workers.
 */
import { AREA_NAMES, type AreaName, STORAGE_AREAS } from '../base/areas.js';
import type { JournalFinding } from '../base/finding.js';
import type {
  JudgeReport,
  RecoveryReport,
  ReplicationSnapshot,
  ResyncReport,
} from '../replication/replicationEngine.js';
import { Instruments } from './instruments.js';

export type MetricVerdict = 'PASS' | 'FAIL' | 'INVALID';
export type MetricRailState = 'on' | 'off' | 'unknown';

export interface Metrics {
  readonly contentType: string;
  /** A sample of the replication engine. Samples may come from several workers, one after another. */
  sampled(s: ReplicationSnapshot): void;
  recovered(r: RecoveryReport): void;
  judged(j: JudgeReport): void;
  resynced(r: ResyncReport): void;
  /** A rail was cut. `latencyMs`: from the command to the first failed I/O; null: no I/O failed. */
  railCut(rail: string, latencyMs: number | null): void;
  railState(rail: string, state: MetricRailState): void;
  /** A fault of an entire device: `dead-device`, `late-return`, `wrong-device`, … */
  deviceFault(area: AreaName, faultClass: string): void;
  /** `failureRateUpperBound`: for the campaign so far, 0 … 1. */
  cycleEnded(verdict: MetricVerdict, failureRateUpperBound: number): void;
  /** Returns the text exposition format, for /metrics and `metrics.prom`. */
  render(): Promise<string>;
  /** Sends the metrics to a Pushgateway. Rejects if the gateway does not accept them within `msMax`. */
  push(gateway: URL, msMax: number): Promise<void>;
}

const VERDICTS: readonly MetricVerdict[] = ['PASS', 'FAIL', 'INVALID'];
const FINDING_PLACES = ['superblock', 'log', 'indicator-area'] as const;

const RAIL_STATE_VALUE: Record<MetricRailState, number> = { on: 1, off: 0, unknown: -1 };

/** The catalogue has about thirty classes. More than this are counted as `other`, so that an error floods no server. */
const CLASSES_MAX = 64;

export function createMetrics(rigName: string, rails: readonly string[] = []): Metrics {
  return new RigMetrics(rigName, rails);
}

class RigMetrics implements Metrics {
  private readonly rigName: string;
  private readonly instruments: Instruments;
  private readonly growth = new Growth();
  private readonly classes = new Set<string>();

  constructor(rigName: string, rails: readonly string[]) {
    const i = new Instruments(rigName);
    this.rigName = rigName;
    this.instruments = i;
    for (const area of AREA_NAMES) {
      i.add('plugpull_writes_total', 0, { area });
      i.add('plugpull_write_bytes_total', 0, { area });
      i.prepare('plugpull_write_duration_seconds', { area });
    }
    for (const rail of rails) {
      i.add('plugpull_power_cuts_total', 0, { rail });
      i.prepare('plugpull_cut_latency_seconds', { rail });
      i.set('plugpull_rail_state', RAIL_STATE_VALUE.unknown, { rail });
    }
    for (const v of VERDICTS) i.add('plugpull_cycles_total', 0, { verdict: v.toLowerCase() });
    for (const where of FINDING_PLACES) i.add('plugpull_recovery_findings_total', 0, { where });
    // Without a cut, the failure rate may be anything up to 1.
    i.set('plugpull_failure_rate_upper_bound', 1);
  }

  get contentType(): string {
    return this.instruments.contentType;
  }

  sampled(s: ReplicationSnapshot): void {
    const i = this.instruments;
    i.set('plugpull_regions', s.regionCount);
    i.set('plugpull_dirty_regions', s.dirtyRegions);
    i.set('plugpull_persisted_indicators', s.persistedIndicators);
    i.set('plugpull_updates_in_flight', s.updatesInFlight);
    i.set('plugpull_log_used_bytes', s.logUsedBytes);
    i.set('plugpull_log_size_bytes', s.logBytes);
    i.set('plugpull_resync_remaining_regions', s.resyncRemainingRegions);
    i.set('plugpull_resync_left_seconds', leftSeconds(s.resyncSecondsLeft));
    i.set('plugpull_phase_progress_ratio', s.phaseDone);
    for (const area of AREA_NAMES) {
      i.add('plugpull_writes_total', this.growth.of(`writes ${area}`, s.writes[area]), { area });
      i.add('plugpull_write_bytes_total', this.growth.of(`bytes ${area}`, s.writeBytes[area]), { area });
      i.count('plugpull_write_duration_seconds', s.writeDurations[area], { area });
    }
    i.count('plugpull_evidence_wait_seconds', s.evidenceWaits);
    i.add('plugpull_resync_bytes_total', this.growth.of('resync', s.resyncBytes));
  }

  recovered(r: RecoveryReport): void {
    this.instruments.observe('plugpull_recovery_duration_seconds', [r.durationMs / 1e3]);
    for (const { where, class: name, count } of r.unlisted ?? []) this.recoveryFindings(where, name, count);
    for (const f of r.findings) this.recoveryFindings(f.where, f.class, 1);
  }

  private recoveryFindings(where: JournalFinding['where'], name: JournalFinding['class'], count: number): void {
    this.instruments.add('plugpull_recovery_findings_total', count, { where });
    // Lost durable metadata is a fault of the journal device. A torn block is what a cut may leave.
    if (name === 'indicator-rot') this.deviceFault('journal', name, count);
    else
      this.instruments.add('plugpull_legal_losses_total', count, { area: 'journal', class: this.boundedClass(name) });
  }

  judged(j: JudgeReport): void {
    const i = this.instruments;
    i.add('plugpull_lost_indicators_total', j.lostIndicators);
    i.add('plugpull_lost_acknowledged_sectors_total', j.lostAcknowledgedSectors);
    i.set('plugpull_false_dirty_regions', j.falseDirtyRegions);
    for (const area of STORAGE_AREAS) {
      for (const [c, n] of Object.entries(j.areas[area].faults))
        i.add('plugpull_anomalies_total', n, { area, class: this.boundedClass(c) });
      for (const [c, n] of Object.entries(j.areas[area].legal))
        i.add('plugpull_legal_losses_total', n, { area, class: this.boundedClass(c) });
    }
  }

  resynced(r: ResyncReport): void {
    // The duration of an interrupted resync depends on the cut.
    if (r.complete) this.instruments.observe('plugpull_resync_duration_seconds', [r.durationMs / 1e3]);
    this.instruments.set('plugpull_resync_remaining_regions', r.remainingRegions);
  }

  railCut(rail: string, latencyMs: number | null): void {
    this.instruments.add('plugpull_power_cuts_total', 1, { rail });
    if (latencyMs !== null) this.instruments.observe('plugpull_cut_latency_seconds', [latencyMs / 1e3], { rail });
  }

  railState(rail: string, state: MetricRailState): void {
    this.instruments.set('plugpull_rail_state', RAIL_STATE_VALUE[state], { rail });
  }

  deviceFault(area: AreaName, faultClass: string, count = 1): void {
    this.instruments.add('plugpull_anomalies_total', count, { area, class: this.boundedClass(faultClass) });
  }

  cycleEnded(verdict: MetricVerdict, failureRateUpperBound: number): void {
    this.instruments.add('plugpull_cycles_total', 1, { verdict: verdict.toLowerCase() });
    this.instruments.set('plugpull_failure_rate_upper_bound', failureRateUpperBound);
  }

  render(): Promise<string> {
    return this.instruments.render();
  }

  push(gateway: URL, msMax: number): Promise<void> {
    return this.instruments.push(gateway, this.rigName, msMax);
  }

  private boundedClass(name: string): string {
    if (this.classes.size >= CLASSES_MAX && !this.classes.has(name)) return 'other';
    this.classes.add(name);
    return name;
  }
}

/**
 * Turns counters of workers, which each start at zero, into increments. A value below the last one comes from a new
 * worker and counts in full. Limit: if a new worker exceeds the last value before its first sample (0.1 s of work),
 * only the difference counts.
 */
class Growth {
  private readonly last = new Map<string, number>();

  of(key: string, value: number): number {
    const before = this.last.get(key) ?? 0;
    this.last.set(key, value);
    return value >= before ? value - before : value;
  }
}

function leftSeconds(left: ReplicationSnapshot['resyncSecondsLeft']): number {
  if (left === undefined) return Number.NaN;
  return left === 'never' ? Number.POSITIVE_INFINITY : left;
}
