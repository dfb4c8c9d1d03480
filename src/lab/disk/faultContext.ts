/** The FaultContext of one disk. */
import type { LabDiskSpec } from '../spec.js';
import type { FaultContext } from '../faults/context.js';
import { seededRandom, type Random } from '../random.js';
import type { JournalFile } from './record.js';

export class DiskFaultContext implements FaultContext {
  readonly sizeBytes: number;
  readonly loseUnflushed: (random: Random, probability: number) => number;
  #name: string;
  #seed: number;
  #injected: JournalFile;
  #cutCount = 0;
  #streams = new Map<string, number>();

  constructor(
    spec: LabDiskSpec,
    seed: number,
    injected: JournalFile,
    loseUnflushed: (random: Random, probability: number) => number,
  ) {
    this.sizeBytes = spec.sizeBytes;
    this.loseUnflushed = loseUnflushed;
    this.#name = spec.name;
    this.#seed = seed;
    this.#injected = injected;
  }

  get cutCount(): number {
    return this.#cutCount;
  }

  countCut(): void {
    this.#cutCount++;
  }

  /** Two faults of one class get two streams. */
  random(stream: string): Random {
    const used = this.#streams.get(stream) ?? 0;
    this.#streams.set(stream, used + 1);
    return seededRandom(this.#seed, `${this.#name}/fault/${stream}/${used}`);
  }

  record(faultClass: string, details: Record<string, unknown>): void {
    this.#injected.append({ disk: this.#name, class: faultClass, ...details });
  }
}
