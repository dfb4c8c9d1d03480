/** Worker thread with one explorer, on the real engine or on a mutant. */
import { parentPort, workerData } from 'node:worker_threads';
import { Explorer } from './explorer.js';
import type { ExploreOptions } from './explorer.js';
import { mutantNamed } from './mutants/index.js';
import { REAL_PARTS } from './world.js';

interface Job {
  options: ExploreOptions;
  mutant: string | null;
}

const { options, mutant } = workerData as Job;
const parts = mutant === null ? REAL_PARTS : mutantNamed(mutant).parts;
const { distinct, ...tally } = new Explorer(options, parts, () => performance.now()).run();
parentPort!.postMessage({ ...tally, effects: { ...tally.effects }, distinct: distinct.raw }, [distinct.raw.buffer]);
