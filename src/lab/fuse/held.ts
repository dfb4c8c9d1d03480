/**
 * Requests that a silent disk has taken and not answered: copies, in the order in which they came. The kernel waits for
 * them without end, so they must be answered at last, whatever becomes of the disk.
 */
export class HeldRequests {
  #requests: Buffer[] = [];

  /** The request lies in `bytes[at … at + lengthBytes]`. */
  keep(bytes: Buffer, at: number, lengthBytes: number): void {
    this.#requests.push(Buffer.from(bytes.subarray(at, at + lengthBytes)));
  }

  /** Oldest first; none is kept after. */
  take(): Buffer[] {
    return this.#requests.splice(0);
  }
}
