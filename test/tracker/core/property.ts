/** Random tests with a fixed seed: a failure prints seed and path; PLUGPULL_SEED and PLUGPULL_RUNS change them. */
import fc from 'fast-check';

const SEED = Number(process.env.PLUGPULL_SEED ?? 20240229);

export function holds<T>(arbitrary: fc.Arbitrary<T>, numRuns: number, check: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, check), { seed: SEED, numRuns: Number(process.env.PLUGPULL_RUNS ?? numRuns) });
}

export function sample<T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] {
  return fc.sample(arbitrary, { seed: SEED, numRuns });
}
