/**
 * The superblock: what this journal was formatted for. Written once, in two copies; never changed afterwards.
 *
 * Payload: u64 regionBytes, u64 usableBytes, u64 logBytes, u64 regionCount.
 */
import type { JournalIdentity } from './block.js';
import {
  BLOCK_KIND,
  isWholeBlock,
  JOURNAL_VERSION,
  openBlock,
  payloadOf,
  readU64,
  sealBlock,
  viewOf,
  writeU64,
} from './block.js';
import { UNIT_BYTES } from './layout.js';

export interface JournalGeometry {
  regionBytes: number;
  usableBytes: number;
  /** Both copies of the log ring. */
  logBytes: number;
}

export interface Superblock extends JournalGeometry {
  rigUuid: Uint8Array;
  formatEpoch: number;
}

export function regionCountOf(g: JournalGeometry): number {
  return Math.ceil(g.usableBytes / g.regionBytes);
}

/** One unit with the superblock at its start. */
export function encodeSuperblock(g: JournalGeometry, identity: JournalIdentity, offsetBytes: number): Uint8Array {
  const bytes = new Uint8Array(UNIT_BYTES);
  const payload = payloadOf(bytes, 0);
  writeU64(payload, 0, g.regionBytes);
  writeU64(payload, 8, g.usableBytes);
  writeU64(payload, 16, g.logBytes);
  writeU64(payload, 24, regionCountOf(g));
  sealBlock(bytes, 0, { kind: BLOCK_KIND.superblock, sequence: 1, offsetBytes }, identity);
  return bytes;
}

export type SuperblockRead =
  | { ok: true; superblock: Superblock }
  | { ok: false; problem: 'corrupt' | 'other-version' | 'misplaced' | 'other-kind'; version?: number };

/** Reads a superblock without knowing whose it is. */
export function decodeSuperblock(bytes: Uint8Array, offsetBytes: number): SuperblockRead {
  if (!isWholeBlock(bytes, 0)) return { ok: false, problem: 'corrupt' };
  const view = viewOf(bytes);
  const version = view.getUint16(8, true);
  if (version !== JOURNAL_VERSION) return { ok: false, problem: 'other-version', version };
  const identity = { rigUuid: Uint8Array.from(bytes.subarray(16, 32)), formatEpoch: view.getUint32(12, true) };
  const opened = openBlock(bytes, 0, BLOCK_KIND.superblock, offsetBytes, identity);
  if (!opened.ok) return { ok: false, problem: opened.problem as 'misplaced' | 'other-kind' };
  const payload = payloadOf(bytes, 0);
  return {
    ok: true,
    superblock: {
      ...identity,
      regionBytes: readU64(payload, 0),
      usableBytes: readU64(payload, 8),
      logBytes: readU64(payload, 16),
    },
  };
}
