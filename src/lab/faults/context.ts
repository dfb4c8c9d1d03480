/** What every injected fault of one disk shares: its seeded stream, the cut count, and the record of what was done. */
import type { Random } from '../random.js';

export interface FaultContext {
  readonly sizeBytes: number;
  /** Power cuts so far; faults with `afterCuts` wait for it. */
  readonly cutCount: number;
  /** One stream per fault, so that adding a fault does not move the others. */
  random(stream: string): Random;
  /** Appends to injected.jsonl. Offsets and lengths in bytes; `writeNumber` counts durable writes of the disk, from 1. */
  record(faultClass: string, details: Record<string, unknown>): void;
  /** Drops each unflushed write with this probability and makes the rest durable; returns how many were lost. */
  loseUnflushed(random: Random, probability: number): number;
}
