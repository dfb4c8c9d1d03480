/**
 * How old the lost durable writes are, against those that survived. One flushed write lost among younger survivors is
 * a lost write; when the youngest writes are missing in bulk, the flush that vouched for them was a lie.
 *
 *    flush told the truth, one write lost        flush lied
 *    kept  ████ ████ ████ ████ ████              ████ ████ █▌
 *    lost                 ▏                                ██ ████ ███
 *          old ──────────────► young             old ─────────────► young
 */

/** A flush that lies loses what the cache holds. A few lost writes are explained more simply one by one. */
export const BULK_UPDATES_MIN = 4;
/** Of the sectors due since the oldest of the bulk; a cache that keeps 3 of 4 writes at random still shows it. */
export const BULK_SHARE_MIN = 0.2;

const EXACT_AGES = 16;
const BUCKETS_PER_OCTAVE = 8;
const BUCKETS = EXACT_AGES + BUCKETS_PER_OCTAVE * 50;

/** Ages below 16 updates have a bucket each, then 8 an octave. */
export function ageBucket(age: number): number {
  if (age < EXACT_AGES) return Math.max(0, age);
  return EXACT_AGES + Math.floor((Math.log2(age) - Math.log2(EXACT_AGES)) * BUCKETS_PER_OCTAVE);
}

export class AgeHistogram {
  private readonly kept = new Float64Array(BUCKETS);
  private readonly lost = new Float64Array(BUCKETS);
  private readonly lostFua = new Float64Array(BUCKETS);
  /** Distinct lost updates a bucket: up to BULK_UPDATES_MIN of them, more need not be told apart. */
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
   * The oldest bucket of the bulk, or -1 when there is none: from the youngest update back to there, at least
   * BULK_UPDATES_MIN updates and BULK_SHARE_MIN of the due sectors are lost.
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

  /** Lost sectors from the youngest to `oldest`, beyond it, and whether those of the bulk were all made durable by FUA. */
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
