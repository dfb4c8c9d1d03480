/** One reply at a time, in one buffer: `begin`, at most one body, `end`. */
import fs from 'node:fs';
import {
  IN,
  OUT,
  writeAttrReply,
  writeInitReply,
  writeOpenReply,
  writeStatfsReply,
  writeWriteReply,
} from './protocol.js';

export class FuseReplies {
  /** A read's data goes to `OUT.headerBytes`. */
  readonly bytes: Buffer;
  #fuseFd: number;
  #bodyBytes = 0;

  constructor(fuseFd: number, bytesMax: number) {
    this.#fuseFd = fuseFd;
    this.bytes = Buffer.alloc(bytesMax);
  }

  begin(request: Buffer, at: number): void {
    request.copy(this.bytes, OUT.unique, at + IN.unique, at + IN.unique + 8);
    this.#bodyBytes = 0;
  }

  init(request: Buffer, at: number): void {
    this.#bodyBytes = writeInitReply(this.bytes, request, at);
  }

  attr(sizeBytes: number): void {
    this.#bodyBytes = writeAttrReply(this.bytes, sizeBytes);
  }

  open(fileHandle: number): void {
    this.#bodyBytes = writeOpenReply(this.bytes, fileHandle);
  }

  statfs(sizeBytes: number): void {
    this.#bodyBytes = writeStatfsReply(this.bytes, sizeBytes);
  }

  write(sizeBytes: number): void {
    this.#bodyBytes = writeWriteReply(this.bytes, sizeBytes);
  }

  data(sizeBytes: number): void {
    this.#bodyBytes = sizeBytes;
  }

  /** `error`: 0, or a negative errno, which drops the body. */
  end(error: number): void {
    const length = OUT.headerBytes + (error === 0 ? this.#bodyBytes : 0);
    this.bytes.writeUInt32LE(length, 0);
    this.bytes.writeInt32LE(error, OUT.error);
    try {
      fs.writeSync(this.#fuseFd, this.bytes, 0, length);
    } catch (failure) {
      const { code } = failure as NodeJS.ErrnoException;
      // ENOENT: nobody waits for this answer any more. ENODEV: unmounted; the next read says so too.
      if (code !== 'ENOENT' && code !== 'ENODEV') throw failure;
    }
  }
}
