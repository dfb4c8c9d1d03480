/**
 * The part of the FUSE wire protocol that one file needs, and its replies. Source: include/uapi/linux/fuse.h, ABI 7.31.
 * For little-endian hosts only, because the kernel uses host byte order.
 */
import fs from 'node:fs';

export const FUSE_ROOT_ID = 1;
export const FUSE_ABI = { major: 7, minor: 31 } as const;

export const OPCODE = {
  forget: 2,
  getattr: 3,
  setattr: 4,
  open: 14,
  read: 15,
  write: 16,
  statfs: 17,
  release: 18,
  fsync: 20,
  flush: 25,
  init: 26,
  interrupt: 36,
  destroy: 38,
  batchForget: 42,
  fallocate: 43,
} as const;

/** struct fuse_in_header, and offsets of the fields of each request's body from the start of the message. */
export const IN = {
  headerBytes: 40,
  opcode: 4,
  unique: 8,
  initMinor: 44,
  initFlags: 52,
  fileHandle: 40,
  offset: 48,
  size: 56,
  fallocateLength: 56,
  fallocateMode: 64,
  /** Behind in_header and write_in: start of the data of a write. */
  writeData: 80,
} as const;

/** struct fuse_out_header. */
export const OUT = { headerBytes: 16, error: 4, unique: 8 } as const;

const INIT_ASYNC_READ = 1 << 0;
const INIT_BIG_WRITES = 1 << 5;
const INIT_ASYNC_DIO = 1 << 15;
const INIT_MAX_PAGES = 1 << 22;
const INIT_FLAGS = INIT_ASYNC_READ | INIT_BIG_WRITES | INIT_ASYNC_DIO | INIT_MAX_PAGES;

/** FOPEN_DIRECT_IO (no page cache), FOPEN_NOFLUSH, FOPEN_PARALLEL_DIRECT_WRITES. */
const OPEN_FLAGS = (1 << 0) | (1 << 5) | (1 << 6);

export const PAGE_BYTES = 4096;
/** Largest write in one request; the kernel splits larger ones. */
export const MAX_WRITE_BYTES = 1024 * 1024;
/** The kernel refuses reads with less room than header and largest write, or less than 8 KiB. */
export const REQUEST_BYTES_MAX = MAX_WRITE_BYTES + PAGE_BYTES;
/** Asynchronous requests in flight; the kernel's default of 12 would limit the disk's queue depth. */
const MAX_BACKGROUND = 512;
const CONGESTION = 384;

/** The size never changes, so attributes stay valid for a day. */
const ATTR_VALID_SECONDS = 86_400n;
const MODE_REGULAR_0600 = 0o100600;

export function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x1_0000_0000;
}

/** This function and those below fill the body behind `OUT.headerBytes` and return the body's length. */
export function writeInitReply(reply: Buffer, request: Buffer, at: number): number {
  const body = reply.fill(0, OUT.headerBytes, OUT.headerBytes + 64).subarray(OUT.headerBytes);
  body.writeUInt32LE(FUSE_ABI.major, 0);
  body.writeUInt32LE(FUSE_ABI.minor, 4);
  body.writeUInt32LE(0, 8); // no read-ahead: there is no cache to fill
  body.writeUInt32LE((INIT_FLAGS & request.readUInt32LE(at + IN.initFlags)) >>> 0, 12);
  body.writeUInt16LE(MAX_BACKGROUND, 16);
  body.writeUInt16LE(CONGESTION, 18);
  body.writeUInt32LE(MAX_WRITE_BYTES, 20);
  body.writeUInt32LE(1, 24);
  body.writeUInt16LE(MAX_WRITE_BYTES / PAGE_BYTES, 28);
  return 64;
}

/** struct fuse_attr_out of the one file. */
export function writeAttrReply(reply: Buffer, sizeBytes: number): number {
  const body = reply.fill(0, OUT.headerBytes, OUT.headerBytes + 104).subarray(OUT.headerBytes);
  body.writeBigUInt64LE(ATTR_VALID_SECONDS, 0);
  const attr = 16;
  body.writeBigUInt64LE(BigInt(FUSE_ROOT_ID), attr);
  body.writeBigUInt64LE(BigInt(sizeBytes), attr + 8);
  body.writeBigUInt64LE(BigInt(Math.ceil(sizeBytes / 512)), attr + 16);
  body.writeUInt32LE(MODE_REGULAR_0600, attr + 60);
  body.writeUInt32LE(1, attr + 64); // links
  body.writeUInt32LE(PAGE_BYTES, attr + 80);
  return 104;
}

/** struct fuse_open_out. */
export function writeOpenReply(reply: Buffer, fileHandle: number): number {
  const body = reply.fill(0, OUT.headerBytes, OUT.headerBytes + 16).subarray(OUT.headerBytes);
  body.writeBigUInt64LE(BigInt(fileHandle), 0);
  body.writeUInt32LE(OPEN_FLAGS, 8);
  return 16;
}

/** struct fuse_statfs_out; the loop driver takes its discard granularity from this block size. */
export function writeStatfsReply(reply: Buffer, sizeBytes: number): number {
  const body = reply.fill(0, OUT.headerBytes, OUT.headerBytes + 80).subarray(OUT.headerBytes);
  body.writeBigUInt64LE(BigInt(Math.ceil(sizeBytes / PAGE_BYTES)), 0);
  body.writeUInt32LE(PAGE_BYTES, 40);
  body.writeUInt32LE(255, 44);
  body.writeUInt32LE(PAGE_BYTES, 48);
  return 80;
}

/** struct fuse_write_out. */
export function writeWriteReply(reply: Buffer, sizeBytes: number): number {
  reply.writeUInt32LE(sizeBytes, OUT.headerBytes);
  reply.writeUInt32LE(0, OUT.headerBytes + 4);
  return 8;
}

/** One reply at a time, in one buffer: `begin`, at most one body, `end`. */
export class FuseReplies {
  /** The data of a read goes to `OUT.headerBytes`. */
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

  /** `error`: 0, or a negative errno; an error has no body. */
  end(error: number): void {
    const length = OUT.headerBytes + (error === 0 ? this.#bodyBytes : 0);
    this.bytes.writeUInt32LE(length, 0);
    this.bytes.writeInt32LE(error, OUT.error);
    try {
      fs.writeSync(this.#fuseFd, this.bytes, 0, length);
    } catch (failure) {
      const { code } = failure as NodeJS.ErrnoException;
      // ENOENT: the kernel has withdrawn the request. ENODEV: unmounted, which the next read reports too.
      if (code !== 'ENOENT' && code !== 'ENODEV') throw failure;
    }
  }
}
