/** Entry of a disk's thread: image, cache, faults and FUSE server. Ends when the lab stops it or the mount is gone. */
import { workerData } from 'node:worker_threads';
import { FuseServer } from '../fuse/server.js';
import { IN, REQUEST_BYTES_MAX } from '../fuse/protocol.js';
import type { FaultSpec } from '../faults/spec.js';
import { wrapDevice, wrapMedium } from '../faults/wrap.js';
import { seededRandom } from '../random.js';
import type { LabDiskSpec } from '../spec.js';
import { VolatileCache } from './cache.js';
import { createImage } from './image.js';
import { openJsonLines } from '../files.js';
import type { PowerLineEnd } from './diskPower.js';
import { DiskFaultContext } from '../faults/context.js';

export interface DiskThreadSetup {
  spec: LabDiskSpec;
  /** The faults of `spec`, with their defaults. */
  faults: readonly FaultSpec[];
  seed: number;
  imagePath: string;
  /** Record of cuts. Only tests read it. */
  powerLogPath: string;
  /** Record of injected faults. Only tests read it. */
  injectedLogPath: string;
  fuseFd: number;
  line: PowerLineEnd;
}

function run(setup: DiskThreadSetup): void {
  const { spec, faults, seed, line } = setup;
  const image = createImage(setup.imagePath, spec.sizeBytes);
  const powerLog = openJsonLines(setup.powerLogPath);
  const injectedLog = openJsonLines(setup.injectedLogPath);
  const context = new DiskFaultContext(spec, seed, injectedLog, (random, probability) =>
    cache.loseSome(random, probability),
  );
  const cache: VolatileCache = new VolatileCache(wrapMedium(image, faults, context), {
    sizeBytes: spec.sizeBytes,
    cacheBytes: spec.cacheBytes,
    requestBytesMax: REQUEST_BYTES_MAX,
    requestHeaderBytes: IN.writeData,
    kill: { model: spec.killModel, keepProbability: spec.keepProbability, tearProbability: spec.tearProbability },
    random: seededRandom(seed, `${spec.name}/kill`),
    onCutFates: (counts) => powerLog.append({ disk: spec.name, ...counts }),
  });
  let broken = false;
  const server = new FuseServer({
    fuseFd: setup.fuseFd,
    line,
    sizeBytes: spec.sizeBytes,
    vanish: spec.vanish,
    silent: spec.silent,
    device: wrapDevice(cache, faults, context, { image, line, onCut: () => context.countCut() }),
    arena: cache.arena,
    reserve: () => cache.reserve(),
    onBroken: (error) => {
      if (!broken) process.stderr.write(`disk ${spec.name}: ${(error as Error).message}\n`);
      broken = true;
    },
  });
  server.serve();
  image.close();
  powerLog.close();
  injectedLog.close();
}

run(workerData as DiskThreadSetup);
