/** How much a campaign proves: the bound on the failure rate that its counts allow. */
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';

export const CONFIDENCE = 0.95;

/**
 * Clopper-Pearson, one-sided: the largest failure probability a cycle that would still show `failures` or fewer in
 * `cycles` with a chance of 1 - confidence. The quantile of Beta(failures + 1, cycles - failures) at `confidence`;
 * 0 of N gives 1 - 0.05^(1/N), about 3/N. Nothing tried or everything failed: 1. Throws RangeError for impossible counts.
 */
export function failureRateUpperBound(failures: number, cycles: number, confidence: number = CONFIDENCE): number {
  const counts = Number.isSafeInteger(failures) && Number.isSafeInteger(cycles) && failures >= 0 && failures <= cycles;
  if (!counts)
    throw new RangeError(`${failures} failures in ${cycles} cycles: whole numbers with 0 <= failures <= cycles`);
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`confidence ${confidence} is not between 0 and 1`);
  if (failures === cycles) return 1;
  return betaQuantile(confidence, failures + 1, cycles - failures);
}
