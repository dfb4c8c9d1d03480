/** Events of a running campaign, for the terminal, the metrics and the run directory. */
import type { HostPause } from '../base/attendedTime.js';
import type { DeviceIdentity } from '../blockdev/blockDevice.js';
import type { HistoryChange, OpenReport, ReplicationSnapshot } from '../replication/replicationEngine.js';
import type { CycleRecord } from '../report/runRecord.js';
import type { PhaseBound } from '../report/runTimes.js';
import type { AreaName } from '../base/areas.js';
import type { CyclePhase, CycleState } from './cycle/cycleTypes.js';
import { type Verdict, campaignVerdict } from '../judge/verdict/verdict.js';
import type { Metrics } from '../metrics/metrics.js';
import { isHostsFailure } from './cycle/cycleRecord.js';
import { proofOfCut } from './cycle/proof.js';

/** Steps of a campaign outside its cycles. */
export type CampaignStep = 'lab' | 'open' | 'format' | 'prepare' | 'verify' | 'repair' | 'end';

export interface CampaignObserver {
  stepBegan?(step: CampaignStep): void;
  /** `said`: how the step ended, for people, where that varies. */
  stepEnded?(step: CampaignStep, durationMs: number, said?: string): void;
  opened?(identities: Record<AreaName, DeviceIdentity>, report: OpenReport): void;
  cycleBegan?(index: number, cycles: number): void;
  /** `durationMs`: how long the cycle was in `from`; `bound`: the part of it whose cause is known. */
  phase?(index: number, from: CyclePhase, to: CyclePhase, durationMs: number, bound: PhaseBound | null): void;
  rail?(rail: string, state: 'on' | 'off' | 'unknown'): void;
  snapshot?(snapshot: ReplicationSnapshot): void;
  /** `record` is null when the cycle was interrupted before it found anything. */
  cycleEnded?(state: CycleState, record: CycleRecord | null): void;
  /** The bench process did not run for a while; `atMs`: monotonic time of its last activity before. */
  hostPause?(pause: HostPause): void;
  /** This cycle is invalid only because the bench process paused: it runs again, and this attempt does not count. */
  cycleRepeated?(state: CycleState, record: CycleRecord): void;
  /** Records of passed cycles were removed. */
  historyPruned?(pruned: HistoryChange['pruned']): void;
  /** A message that is no error. */
  keepResult?(text: string): void;
}

/** One observer that passes each event to all, in order. */
export function allOf(observers: readonly CampaignObserver[]): Required<CampaignObserver> {
  return {
    stepBegan: (...a) => observers.forEach((o) => o.stepBegan?.(...a)),
    stepEnded: (...a) => observers.forEach((o) => o.stepEnded?.(...a)),
    opened: (...a) => observers.forEach((o) => o.opened?.(...a)),
    cycleBegan: (...a) => observers.forEach((o) => o.cycleBegan?.(...a)),
    phase: (...a) => observers.forEach((o) => o.phase?.(...a)),
    rail: (...a) => observers.forEach((o) => o.rail?.(...a)),
    snapshot: (...a) => observers.forEach((o) => o.snapshot?.(...a)),
    cycleEnded: (...a) => observers.forEach((o) => o.cycleEnded?.(...a)),
    hostPause: (...a) => observers.forEach((o) => o.hostPause?.(...a)),
    cycleRepeated: (...a) => observers.forEach((o) => o.cycleRepeated?.(...a)),
    historyPruned: (...a) => observers.forEach((o) => o.historyPruned?.(...a)),
    keepResult: (...a) => observers.forEach((o) => o.keepResult?.(...a)),
  };
}

/** Passes each event on and never throws: a failing observer must not keep the power off. `failed` gets each error. */
export function catchingErrors(
  observer: Required<CampaignObserver>,
  failed: (error: Error) => void,
): Required<CampaignObserver> {
  const guard =
    <A extends unknown[]>(call: (...a: A) => void) =>
    (...a: A): void => {
      try {
        call(...a);
      } catch (error) {
        failed(error as Error);
      }
    };
  return {
    stepBegan: guard(observer.stepBegan),
    stepEnded: guard(observer.stepEnded),
    opened: guard(observer.opened),
    cycleBegan: guard(observer.cycleBegan),
    phase: guard(observer.phase),
    rail: guard(observer.rail),
    snapshot: guard(observer.snapshot),
    cycleEnded: guard(observer.cycleEnded),
    hostPause: guard(observer.hostPause),
    cycleRepeated: guard(observer.cycleRepeated),
    historyPruned: guard(observer.historyPruned),
    keepResult: guard(observer.keepResult),
  };
}

/** Updates the metrics. */
export function metricsObserver(metrics: Metrics): CampaignObserver {
  const verdicts: Verdict[] = [];
  const observer: CampaignObserver = {
    snapshot: (s) => metrics.sampled(s),
    rail: (rail, state) => metrics.railState(rail, state),
    cycleRepeated: (state) => observer.cycleEnded?.(state, null),
    cycleEnded(state, record) {
      const { facts } = state;
      for (const cut of facts.cuts) {
        const proofs = proofOfCut(cut);
        for (const { rail } of cut.round.rails) {
          const latencies = proofs.flatMap((p) => (p.rail === rail && p.proven && p.isMeasured ? [p.latencyMs] : []));
          metrics.railCut(rail, latencies.length === 0 ? null : Math.min(...latencies));
        }
      }
      for (const recovery of facts.recoveries) metrics.recovered(recovery);
      if (facts.judge !== null) metrics.judged(facts.judge);
      for (const cut of facts.cuts) if (cut.resync !== null) metrics.resynced(cut.resync);
      if (facts.resync !== null) metrics.resynced(facts.resync);
      for (const failure of facts.unprovoked)
        if (!isHostsFailure(failure))
          metrics.deviceFault(failure.area, failure.timedOut === true ? 'slow' : 'io-error');
      if (record === null) return;
      verdicts.push(record.verdict);
      metrics.cycleEnded(record.verdict, campaignVerdict(verdicts).failureRateUpperBound);
    },
  };
  return observer;
}
