/**
 * A ring of bytes into which FUSE requests are read and in which the data of cached writes stays.
 *
 *   | free | live … live | next request →        |      head ≥ tail
 *   | live | next request →      | live … live   |      wrapped: head ≤ tail
 *
 * Promises: after `hasRoom()` returned true, the longest request fits in one piece at `head`. Live bytes are released
 * in the order in which they were adopted.
 */
/** Room beyond the cached data for headers, bytes lost at the wrap, and the request being read. */
const SPARE_REQUESTS = 3;
/** 512-byte writes have the largest overhead: 80 bytes of header each. */
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

  /** May move `head` to the start. False: the caller releases the oldest bytes and asks again. */
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

  /** Keeps data that lies directly behind the header at `head`. False: it does not lie there. */
  adopt(source: Buffer, at: number, lengthBytes: number): boolean {
    if (source !== this.bytes || at !== this.head + this.#headerBytes) return false;
    if (this.#empty) this.#tail = this.head;
    this.#empty = false;
    this.head = at + lengthBytes;
    return true;
  }

  /** Copies data from another buffer to `head`; there must be room. Returns its offset in the arena. */
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
