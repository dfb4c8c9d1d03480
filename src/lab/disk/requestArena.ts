/**
 * A ring of bytes into which FUSE requests are read and in which the data of cached writes stays.
 *
 *   | free | live … live | next request →        |      head ≥ tail
 *   | live | next request →      | live … live   |      wrapped: head ≤ tail
 *
 * Promises: a longest request always fits in one piece at `head` after `hasRoom()` said so. Live bytes are released in
 * the order in which they were adopted.
 */

/** Room beside the cache's payload for headers, wrap-around losses and the request being read. */
const SPARE_REQUESTS = 3;
/** Headers of 512-byte writes (80 bytes each) are the worst overhead. */
const HEADER_OVERHEAD = 1.25;

export class RequestArena {
  readonly bytes: Buffer;
  head = 0;
  #tail = 0;
  #empty = true;
  #requestBytesMax: number;
  #headerBytes: number;

  constructor(cacheBytes: number, requestBytesMax: number, headerBytes: number) {
    this.#requestBytesMax = requestBytesMax;
    this.#headerBytes = headerBytes;
    this.bytes = Buffer.allocUnsafeSlow(Math.ceil(cacheBytes * HEADER_OVERHEAD) + SPARE_REQUESTS * requestBytesMax);
  }

  /** May move `head` to the start. False: release the oldest and ask again. */
  hasRoom(): boolean {
    if (this.#empty) {
      this.reset();
      return true;
    }
    if (this.head <= this.#tail) return this.#tail - this.head >= this.#requestBytesMax;
    if (this.bytes.length - this.head >= this.#requestBytesMax) return true;
    if (this.#tail < this.#requestBytesMax) return false;
    this.head = 0;
    return true;
  }

  /** Keeps data that already lies right behind the header at `head`. False: it lies elsewhere. */
  adopt(source: Buffer, at: number, lengthBytes: number): boolean {
    if (source !== this.bytes || at !== this.head + this.#headerBytes) return false;
    if (this.#empty) this.#tail = this.head;
    this.#empty = false;
    this.head = at + lengthBytes;
    return true;
  }

  /** For data that lies elsewhere; there must be room. Returns where it lies now. */
  copyIn(source: Buffer, at: number, lengthBytes: number): number {
    const to = this.head + this.#headerBytes;
    source.copy(this.bytes, to, at, at + lengthBytes);
    this.adopt(this.bytes, to, lengthBytes);
    return to;
  }

  /** The oldest live bytes end at `endAt`. */
  release(endAt: number, nowEmpty: boolean): void {
    this.#tail = endAt;
    this.#empty = nowEmpty;
  }

  reset(): void {
    this.head = 0;
    this.#tail = 0;
    this.#empty = true;
  }
}
