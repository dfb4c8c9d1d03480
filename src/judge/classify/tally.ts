/**
 * Counts of one area's judgement, in 512-byte sectors. Some classes can only be told at the end, from many sectors
 * together (a lying flush, stuck bits, a lost region, a reordered cache): they are collected here and named in
 * `finish`.
 */
import type { StorageArea } from '../../base/areas.js';
import { AgeHistogram, ageBucket } from './ageHistogram.js';
import type { AreaJudgement, JudgeSample } from '../verdict/reports.js';

/** Samples kept for the report, an area. */
export const SAMPLES_MAX = 100;
/** Sectors read again to tell a wrong read from a wrong medium; a device that is wrong everywhere needs no more. */
export const REREADS_MAX = 8192;
/** Sectors examined byte by byte; the rest is told by the header alone. */
export const AUTOPSIES_MAX = 20_000;
/** Equal masks of flipped bits that are no accident. */
const STUCK_SECTORS_MIN = 4;
/** Masks remembered; random flips give a new one each time. */
const MASKS_MAX = 4096;
/** 1 MiB in one piece without an answer is a lost region, less is latent errors. */
const REGION_LOSS_SECTORS_MIN = 2048;

/** What is wrong with a sector, before its final class is known. */
export interface Finding {
  lba: number;
  expected: string;
  found: string;
}

export interface AreaOutcome {
  judgement: AreaJudgement;
  /** First SAMPLES_MAX faults and lost acknowledged sectors. */
  samples: JudgeSample[];
  lostAcknowledgedSectors: number;
}

export class AreaTally {
  readonly area: StorageArea;
  sectorsRead = 0;
  lostAcknowledgedSectors = 0;
  rereadsLeft = REREADS_MAX;
  autopsiesLeft = AUTOPSIES_MAX;
  private readonly faults = new Map<string, number>();
  private readonly legal = new Map<string, number>();
  private readonly samples: JudgeSample[] = [];
  private readonly ages = new AgeHistogram();
  private readonly lostSamples: { sample: JudgeSample; bucket: number }[] = [];
  private readonly masks = new Map<string, { sectors: number; samples: JudgeSample[] }>();
  private unreadable = { nextLba: -1, sectors: 0, samples: [] as JudgeSample[] };
  private readonly lostInFlightIds: number[] = [];
  private readonly lostInFlightSectors: number[] = [];
  private newestSurvivorInFlight = 0;

  constructor(area: StorageArea) {
    this.area = area;
  }

  addLegal(name: string, sectors: number): void {
    if (sectors > 0) this.legal.set(name, (this.legal.get(name) ?? 0) + sectors);
  }

  addFault(name: string, finding: Finding): void {
    this.countFault(name, 1);
    this.sample(name, finding);
  }

  /** A durable write is gone; `lost-write`, `lying-flush` or `ignored-fua`, told by its company. */
  addLost(age: number, updateId: number, fua: boolean, finding: Finding): void {
    this.ages.addLost(age, updateId, fua);
    const sample = this.sample('lost-write', finding);
    if (sample !== null) this.lostSamples.push({ sample, bucket: ageBucket(age) });
  }

  /** Durable writes that are there. */
  addKept(age: number, sectors: number): void {
    this.ages.addKept(age, sectors);
  }

  addFlipped(mask: string, finding: Finding): void {
    const sample = this.sample('bit-corruption', finding);
    const known = this.masks.get(mask);
    if (known !== undefined) {
      known.sectors++;
      if (sample !== null) known.samples.push(sample);
    } else if (this.masks.size < MASKS_MAX) {
      this.masks.set(mask, { sectors: 1, samples: sample === null ? [] : [sample] });
    } else this.countFault('bit-corruption', 1);
  }

  /** In ascending order of LBA. */
  addUnreadable(finding: Finding): void {
    if (finding.lba !== this.unreadable.nextLba) this.endUnreadable();
    const sample = this.sample('latent-error', finding);
    if (sample !== null) this.unreadable.samples.push(sample);
    this.unreadable.sectors++;
    this.unreadable.nextLba = finding.lba + 1;
  }

  /** A write that was not durable has vanished: `cache-loss`, or `reordered` when a later one survived. */
  addLostInFlight(updateId: number, sectors: number): void {
    this.lostInFlightIds.push(updateId);
    this.lostInFlightSectors.push(sectors);
  }

  addSurvivorInFlight(updateId: number): void {
    if (updateId > this.newestSurvivorInFlight) this.newestSurvivorInFlight = updateId;
  }

  addLostAcknowledged(finding: Finding): void {
    this.lostAcknowledgedSectors++;
    this.sample('lost-acknowledged', finding);
  }

  /** Names what was left open. Once, at the end of the area. */
  finish(): AreaOutcome {
    this.endUnreadable();
    this.nameLost();
    for (const { sectors, samples } of this.masks.values()) {
      const name = sectors >= STUCK_SECTORS_MIN ? 'stuck-bits' : 'bit-corruption';
      this.countFault(name, sectors);
      for (const sample of samples) sample.class = name;
    }
    this.lostInFlightIds.forEach((id, i) => {
      this.addLegal(id < this.newestSurvivorInFlight ? 'reordered' : 'cache-loss', this.lostInFlightSectors[i]!);
    });
    return {
      judgement: {
        faults: Object.fromEntries(this.faults),
        legal: Object.fromEntries(this.legal),
        sectorsRead: this.sectorsRead,
      },
      samples: this.samples,
      lostAcknowledgedSectors: this.lostAcknowledgedSectors,
    };
  }

  private nameLost(): void {
    const oldest = this.ages.oldestOfBulk();
    const { bulk, single, bulkIsFua } = this.ages.split(oldest);
    const bulkName = bulkIsFua ? 'ignored-fua' : 'lying-flush';
    this.countFault(bulkName, bulk);
    this.countFault('lost-write', single);
    for (const { sample, bucket } of this.lostSamples) if (bucket <= oldest) sample.class = bulkName;
  }

  private endUnreadable(): void {
    const { sectors, samples } = this.unreadable;
    const name = sectors >= REGION_LOSS_SECTORS_MIN ? 'region-loss' : 'latent-error';
    this.countFault(name, sectors);
    for (const sample of samples) sample.class = name;
    this.unreadable = { nextLba: -1, sectors: 0, samples: [] };
  }

  private countFault(name: string, sectors: number): void {
    if (sectors > 0) this.faults.set(name, (this.faults.get(name) ?? 0) + sectors);
  }

  private sample(name: string, finding: Finding): JudgeSample | null {
    if (this.samples.length >= SAMPLES_MAX) return null;
    const sample: JudgeSample = {
      area: this.area,
      lba: finding.lba,
      class: name,
      expected: finding.expected,
      found: finding.found,
    };
    this.samples.push(sample);
    return sample;
  }
}
