/**
 * Counts the 512-byte sectors of one area by class. Some classes need all sectors (a lying flush, stuck bits, a lost
 * region, a reordered cache): the tally collects them, and `finish` names them.
 */
import type { StorageArea } from '../../base/areas.js';
import type { SectorFinding } from '../../base/finding.js';
import type { AreaCounts } from '../verdict/reports.js';

/** Samples kept for the report, per area. */
export const SAMPLES_MAX = 100;
/**
 * Sectors that are read again to distinguish a wrong read from a wrong medium. If all are wrong, more reads add
 * nothing.
 */
const REREADS_MAX = 8192;
/** Sectors that are examined byte by byte; of the others, the header decides. */
const AUTOPSIES_MAX = 20_000;
/** This many sectors with the same mask of flipped bits do not happen by chance. */
const STUCK_SECTORS_MIN = 4;
/** Masks that are remembered: random flips give a new one each time. */
const MASKS_MAX = 4096;
/** 1 MiB of adjacent unreadable sectors is a lost region; fewer are latent errors. */
const REGION_LOSS_SECTORS_MIN = 2048;

/** What is wrong with a sector, before its class is known. */
export type UnclassifiedFinding = Pick<SectorFinding, 'lba' | 'expected' | 'found'>;

export interface AreaOutcome {
  counts: AreaCounts;
  /** The first SAMPLES_MAX faults and lost acknowledged sectors. */
  samples: SectorFinding[];
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
  private readonly samples: SectorFinding[] = [];
  private readonly ages = new AgeHistogram();
  private readonly lostSamples: { sample: SectorFinding; bucket: number }[] = [];
  private readonly masks = new Map<string, { sectors: number; samples: SectorFinding[] }>();
  private unreadable = { nextLba: -1, sectors: 0, samples: [] as SectorFinding[] };
  private readonly lostInFlightIds: number[] = [];
  private readonly lostInFlightSectors: number[] = [];
  private newestSurvivorInFlight = 0;

  constructor(area: StorageArea) {
    this.area = area;
  }

  addLegal(name: string, sectors: number): void {
    if (sectors > 0) this.legal.set(name, (this.legal.get(name) ?? 0) + sectors);
  }

  addFault(name: string, finding: UnclassifiedFinding): void {
    this.countFault(name, 1);
    this.sample(name, finding);
  }

  /** A durable write is missing: `lost-write`, `lying-flush` or `ignored-fua`; the other lost writes decide. */
  addLost(age: number, updateId: number, fua: boolean, finding: UnclassifiedFinding): void {
    this.ages.addLost(age, updateId, fua);
    const sample = this.sample('lost-write', finding);
    if (sample !== null) this.lostSamples.push({ sample, bucket: ageBucket(age) });
  }

  /** Sectors that hold their durable write, or a newer one. */
  addKept(age: number, sectors: number): void {
    this.ages.addKept(age, sectors);
  }

  addFlipped(mask: string, finding: UnclassifiedFinding): void {
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
  addUnreadable(finding: UnclassifiedFinding): void {
    if (finding.lba !== this.unreadable.nextLba) this.endUnreadable();
    const sample = this.sample('latent-error', finding);
    if (sample !== null) this.unreadable.samples.push(sample);
    this.unreadable.sectors++;
    this.unreadable.nextLba = finding.lba + 1;
  }

  /** A write that was not durable is missing: `cache-loss`, or `reordered` if a later one survived. */
  addLostInFlight(updateId: number, sectors: number): void {
    this.lostInFlightIds.push(updateId);
    this.lostInFlightSectors.push(sectors);
  }

  addSurvivorInFlight(updateId: number): void {
    if (updateId > this.newestSurvivorInFlight) this.newestSurvivorInFlight = updateId;
  }

  addLostAcknowledged(finding: UnclassifiedFinding): void {
    this.lostAcknowledgedSectors++;
    this.sample('lost-acknowledged', finding);
  }

  /** Names the classes that were still open. Called once, at the end of the area. */
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
      counts: {
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

  private sample(name: string, finding: UnclassifiedFinding): SectorFinding | null {
    if (this.samples.length >= SAMPLES_MAX) return null;
    const sample: SectorFinding = {
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

/** A lying flush loses everything in the cache. Fewer lost updates than this count as single lost writes. */
const BULK_UPDATES_MIN = 4;
/**
 * Share of the sectors due since the oldest of the bulk. A cache that keeps 3 of 4 writes at random is still detected.
 */
const BULK_SHARE_MIN = 0.2;

const EXACT_AGES = 16;
const BUCKETS_PER_OCTAVE = 8;
const BUCKETS = EXACT_AGES + BUCKETS_PER_OCTAVE * 50;

/** One bucket for each age below 16 updates, then 8 buckets per octave. */
function ageBucket(age: number): number {
  if (age < EXACT_AGES) return Math.max(0, age);
  return EXACT_AGES + Math.floor((Math.log2(age) - Math.log2(EXACT_AGES)) * BUCKETS_PER_OCTAVE);
}

/**
 * The age of lost durable writes beside the age of those that survived. A flushed write that is missing while younger
 * ones survived is a lost write. If the youngest writes are missing in bulk, the device lied about the flush.
 *
 *    honest flush, one write lost                lying flush
 *    kept  ████ ████ ████ ████ ████              ████ ████ █▌
 *    lost                 ▏                                ██ ████ ███
 *          old ──────────────► young             old ─────────────► young
 */
class AgeHistogram {
  private readonly kept = new Float64Array(BUCKETS);
  private readonly lost = new Float64Array(BUCKETS);
  private readonly lostFua = new Float64Array(BUCKETS);
  /** Distinct lost updates of each bucket, up to BULK_UPDATES_MIN: more are not needed. */
  private readonly lostIds = new Map<number, Set<number>>();

  addKept(age: number, sectors: number): void {
    this.kept[ageBucket(age)]! += sectors;
  }

  addLost(age: number, updateId: number, fua: boolean): void {
    const bucket = ageBucket(age);
    this.lost[bucket]!++;
    if (fua) this.lostFua[bucket]!++;
    const ids = this.lostIds.get(bucket) ?? new Set<number>();
    if (ids.size < BULK_UPDATES_MIN) ids.add(updateId);
    this.lostIds.set(bucket, ids);
  }

  /**
   * The oldest bucket of the bulk: from the youngest update back to there, at least BULK_UPDATES_MIN updates and
   * BULK_SHARE_MIN of the due sectors are lost. -1: there is no bulk.
   */
  oldestOfBulk(): number {
    let lost = 0;
    let kept = 0;
    let updates = 0;
    let oldest = -1;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      lost += this.lost[bucket]!;
      kept += this.kept[bucket]!;
      updates += this.lostIds.get(bucket)?.size ?? 0;
      const inBulk = updates >= BULK_UPDATES_MIN && lost >= BULK_SHARE_MIN * (lost + kept);
      if (this.lost[bucket]! > 0 && inBulk) oldest = bucket;
    }
    return oldest;
  }

  /** Lost sectors in buckets up to `oldest`, in older ones, and whether FUA made all those of the bulk durable. */
  split(oldest: number): { bulk: number; single: number; bulkIsFua: boolean } {
    let bulk = 0;
    let fua = 0;
    let single = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      if (bucket <= oldest) {
        bulk += this.lost[bucket]!;
        fua += this.lostFua[bucket]!;
      } else single += this.lost[bucket]!;
    }
    return { bulk, single, bulkIsFua: bulk > 0 && fua === bulk };
  }
}
