/**
 * What the faults of one disk share: seeded streams, the count of cuts, the record of injections, place and schedule.
 */
import { type Random, seededRandom } from '../random.js';
import type { LabDiskSpec } from '../spec.js';
import type { JsonLinesFile } from '../files.js';
import { SECTOR_BYTES } from '../disk/device.js';

export interface FaultContext {
  readonly sizeBytes: number;
  /** Power cuts so far; faults with `afterCuts` wait for it. */
  readonly cutCount: number;
  /** One stream per fault, so that adding a fault does not move the others. */
  random(stream: string): Random;
  /**
   * Appends to injected.jsonl. Offsets and lengths in bytes; `writeNumber` counts durable writes of the disk, from 1.
   */
  record(faultClass: string, details: Record<string, unknown>): void;
  /** Drops each unflushed write with this probability and makes the rest durable; returns how many were lost. */
  loseUnflushed(random: Random, probability: number): number;
}

export class DiskFaultContext implements FaultContext {
  readonly sizeBytes: number;
  readonly loseUnflushed: (random: Random, probability: number) => number;
  #name: string;
  #seed: number;
  #injected: JsonLinesFile;
  #cutCount = 0;
  #streams = new Map<string, number>();

  constructor(
    spec: LabDiskSpec,
    seed: number,
    injected: JsonLinesFile,
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

export interface PlacedRange {
  offset: number;
  length: number;
}

/** Where a fault of a range lies: at the profile's offset or at a seeded place, clipped to the disk. */
export function placeRange(
  fault: { class: string; offset?: number; length: number },
  context: FaultContext,
): PlacedRange {
  const length = Math.min(fault.length, context.sizeBytes);
  const placesMax = (context.sizeBytes - length) / SECTOR_BYTES + 1;
  const offset = fault.offset ?? context.random(`${fault.class}/place`).below(placesMax) * SECTOR_BYTES;
  return { offset: Math.min(offset, context.sizeBytes - length), length };
}

export interface ScheduleSpec {
  /** First event to strike, from 1. */
  first: number;
  /** Events between two strikes. */
  every: number;
  /** Strikes in all. */
  count: number;
}

/** Counts events and decides which of them the fault strikes. */
export class Schedule {
  #next: number;
  #every: number;
  #left: number;
  #events = 0;

  constructor({ first, every, count }: ScheduleSpec) {
    this.#next = first;
    this.#every = every;
    this.#left = count;
  }

  /**
   * Counts one event. True from the due event on until `struck()`, so that the next event can replace an unsuitable
   * one.
   */
  due(): boolean {
    this.#events++;
    return this.#left > 0 && this.#events >= this.#next;
  }

  struck(): void {
    this.#left--;
    this.#next = this.#events + this.#every;
  }

  get done(): boolean {
    return this.#left === 0;
  }
}
