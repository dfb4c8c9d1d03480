/** Explores with several threads, each with its share of scripts and walks. */
import { Worker } from 'node:worker_threads';
import { Explorer } from './explorer.js';
import type { ExploreOptions } from './explorer.js';
import { mutantNamed } from './mutants/index.js';
import { combineTallies } from './report.js';
import type { ExploreReport, TallyMessage } from './report.js';
import { shrink } from './shrink.js';
import type { WorldParts } from './world.js';
import { REAL_PARTS } from './world.js';

export type ExploreRequest = Omit<ExploreOptions, 'share' | 'shares'> & { threads: number; mutant: string | null };

/** Runs the exploration; a violation comes back shrunk. @throws ExploreError UNKNOWN_MUTANT */
export async function explore(request: ExploreRequest): Promise<ExploreReport> {
  const { threads, mutant, ...options } = request;
  const parts = mutant === null ? REAL_PARTS : mutantNamed(mutant).parts;
  const startedMs = performance.now();
  const shares = Array.from({ length: threads }, (_, share) => ({ ...options, share, shares: threads }));
  const tallies = threads === 1 ? [here(shares[0], parts)] : await Promise.all(shares.map((o) => inThread(o, mutant)));
  const report = combineTallies(tallies, (performance.now() - startedMs) / 1000, options.seed, options.depth);
  if (report.finding === null) return report;
  const { trace, violation } = report.finding;
  const shrunk = shrink(trace, parts, options.tearing);
  return { ...report, finding: { trace: shrunk.trace, violation: shrunk.replay.violation ?? violation } };
}

function here(options: ExploreOptions, parts: WorldParts): TallyMessage {
  const { distinct, ...tally } = new Explorer(options, parts, () => performance.now()).run();
  return { ...tally, distinct: distinct.raw };
}

function inThread(options: ExploreOptions, mutant: string | null): Promise<TallyMessage> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { options, mutant } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
