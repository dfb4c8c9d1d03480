/**
 * Tells quickly that a range of the disk has nothing in the cache: a count of cached writes per bucket. May say "perhaps"
 * where there is nothing; never says "nothing" where there is something.
 */

const BUCKET_BYTES_MIN = 64 * 1024;
/** Bounds the index to 256 KiB a disk, whatever its size. */
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
