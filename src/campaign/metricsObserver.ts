/** Passes what happens on to the metrics, in their words. */
import { campaignVerdict, type Verdict } from '../judge/verdict/verdict.js';
import type { Metrics } from '../metrics/metrics.js';
import type { CampaignObserver } from './observer.js';
import { proofOfCut } from './cycle/proof.js';

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
        metrics.deviceFault(failure.area, failure.timedOut === true ? 'slow' : 'io-error');
      if (record === null) return;
      verdicts.push(record.verdict);
      metrics.cycleEnded(record.verdict, campaignVerdict(verdicts).failureRateUpperBound);
    },
  };
  return observer;
}
