/**
 * The metrics of one rig: told what happened, in the words of engine and campaign; renders the text that Prometheus
 * reads. Every series with a known label value is there from the start, at zero. One object lives for the whole
 * command, while engines come and go.
 */
import { AREA_NAMES, type AreaName, STORAGE_AREAS } from '../base/areas.js';
import type {
  ReplicationSnapshot,
  JudgeReport,
  RecoveryReport,
  ResyncReport,
} from '../replication/replicationEngine.js';
import { Growth } from './growth.js';
import { Instruments } from './instruments.js';

export type MetricVerdict = 'PASS' | 'FAIL' | 'INVALID';
export type MetricRailState = 'on' | 'off' | 'unknown';

export interface Metrics {
  readonly contentType: string;
  /** A sample of the engine; samples may come from one worker after another. */
  sampled(s: ReplicationSnapshot): void;
  recovered(r: RecoveryReport): void;
  judged(j: JudgeReport): void;
  resynced(r: ResyncReport): void;
  /** A rail was cut. Latency in ms, command to first failed I/O; null: no I/O failed. */
  railCut(rail: string, latencyMs: number | null): void;
  railState(rail: string, state: MetricRailState): void;
  /** A device failed as a whole: `dead-device`, `late-return`, `wrong-device`, … */
  deviceFault(area: AreaName, faultClass: string): void;
  /** `failureRateUpperBound`: of the campaign so far, 0 … 1. */
  cycleEnded(verdict: MetricVerdict, failureRateUpperBound: number): void;
  /** The text exposition format, for /metrics and `metrics.prom`. */
  render(): Promise<string>;
  /** To a Pushgateway. Rejects when it does not take them within the time. */
  push(gateway: URL, msMax: number): Promise<void>;
}

const VERDICTS: readonly MetricVerdict[] = ['PASS', 'FAIL', 'INVALID'];
const FINDING_PLACES = ['superblock', 'log', 'indicator-area'] as const;

const RAIL_STATE_VALUE: Record<MetricRailState, number> = { on: 1, off: 0, unknown: -1 };

/** The catalogue has about thirty classes; what is beyond it is counted together, so that a slip can't flood a server. */
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
    // Nothing is known of a rig that was never cut.
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

  private recoveryFindings(
    where: RecoveryReport['findings'][number]['where'],
    name: RecoveryReport['findings'][number]['class'],
    count: number,
  ): void {
    this.instruments.add('plugpull_recovery_findings_total', count, { where });
    // It had been durable: a fault of the journal device. A torn block is what a cut may leave.
    if (name === 'indicator-rot') this.deviceFault('journal', name, count);
    else if (name !== undefined)
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
    // An interrupted one says how early the cut came, not how long a resync takes.
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
