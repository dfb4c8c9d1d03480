/**
 * Counts cached writes per bucket of the disk, so that a read of uncached data need not search the cache. `mayHold` can
 * return true for a range without cached data; it never returns false for a range with some.
 */
const BUCKET_BYTES_MIN = 64 * 1024;
/** Limits the index to 256 KiB for a disk of any size. */
const BUCKETS_MAX = 65_536;

export class CacheIndex {
  #bucketBytes: number;
  #count: Uint32Array;
  #used = false;

  constructor(sizeBytes: number) {
    this.#bucketBytes = Math.max(BUCKET_BYTES_MIN, Math.ceil(sizeBytes / BUCKETS_MAX));
    this.#count = new Uint32Array(Math.ceil(sizeBytes / this.#bucketBytes));
  }

  add(offsetBytes: number, lengthBytes: number): void {
    this.#used = true;
    const last = this.#bucket(offsetBytes + lengthBytes - 1);
    for (let b = this.#bucket(offsetBytes); b <= last; b++) this.#count[b]++;
  }

  remove(offsetBytes: number, lengthBytes: number): void {
    const last = this.#bucket(offsetBytes + lengthBytes - 1);
    for (let b = this.#bucket(offsetBytes); b <= last; b++) this.#count[b]--;
  }

  mayHold(offsetBytes: number, lengthBytes: number): boolean {
    if (!this.#used) return false;
    const last = this.#bucket(offsetBytes + lengthBytes - 1);
    for (let b = this.#bucket(offsetBytes); b <= last; b++) if (this.#count[b] !== 0) return true;
    return false;
  }

  clear(): void {
    if (this.#used) this.#count.fill(0);
    this.#used = false;
  }

  #bucket(offsetBytes: number): number {
    return Math.floor(offsetBytes / this.#bucketBytes);
  }
}
