/**
 * What a journal is formatted for: the superblock, the check against the rig that opens it, and formatting.
 *
 * Payload of the superblock: u64 regionBytes, u64 usableBytes, u64 logBytes, u64 regionCount. `format` writes it in two
 * copies; nothing changes it afterwards.
 */
import { PlugpullError } from '../../base/plugpullError.js';
import type { IndicatorMap } from '../core/indicatorMap.js';
import {
  BLOCK_KIND,
  isIntactBlock,
  JOURNAL_VERSION,
  openBlock,
  payloadOf,
  readU64,
  sealBlock,
  viewOf,
  writeU64,
  type JournalIdentity,
} from './block.js';
import { encodePage } from './indicatorArea.js';
import { BLOCK_BYTES, BLOCKS_PER_UNIT, journalLayout, logBlockOffset, pageOffset, UNIT_BYTES } from './layout.js';
import { encodeEmptyLogBlock } from './logBlock.js';

export type JournalErrorCode =
  /** An intact superblock, but of another rig or of other sizes. */
  | 'WRONG_JOURNAL'
  /** The device is too small for log and indicator area. */
  | 'JOURNAL_TOO_SMALL'
  | 'OTHER_VERSION';

/** The journal is refused. Damage is never an error: it makes regions dirty (R12). */
export class JournalError extends PlugpullError<JournalErrorCode> {}

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

/** Reads a superblock of any rig. */
export function decodeSuperblock(bytes: Uint8Array, offsetBytes: number): SuperblockRead {
  if (!isIntactBlock(bytes, 0)) return { ok: false, problem: 'corrupt' };
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

export interface ExpectedJournal extends JournalGeometry {
  rigUuid: Uint8Array;
}

export function checkExpected(s: Superblock, expected: ExpectedJournal): void {
  const wrong = (what: string, found: string | number, wanted: string | number): never => {
    throw new JournalError(
      'WRONG_JOURNAL',
      `the journal was formatted for ${what} ${found}, but this rig has ${what} ${wanted}: the device holds the journal of ` +
        'another rig, or the profile has changed. Give the rig its own journal device, or resynchronize with the ' +
        'earlier profile first',
      { what, found, wanted },
    );
  };
  if (s.rigUuid.some((byte, i) => byte !== expected.rigUuid[i]))
    wrong('rig', formatUuid(s.rigUuid), formatUuid(expected.rigUuid));
  if (s.regionBytes !== expected.regionBytes) wrong('region size', s.regionBytes, expected.regionBytes);
  if (s.usableBytes !== expected.usableBytes) wrong('area size', s.usableBytes, expected.usableBytes);
  if (s.logBytes !== expected.logBytes) wrong('log size', s.logBytes, expected.logBytes);
}

export function formatUuid(uuid: Uint8Array): string {
  const hex = [...uuid].map((b) => b.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function parseUuid(text: string): Uint8Array {
  const hex = text.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new RangeError(`rig UUID ${text}: must be 32 hexadecimal digits`);
  return Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}

export type FormatStep = { kind: 'write'; offsetBytes: number; bytes: Uint8Array } | { kind: 'flush' };

/**
 * Steps that format a journal, to perform in order: an empty log, and an indicator area with the regions of `dirty`.
 * The superblocks are erased first and written last, so that a crash on the way never leaves a journal that looks
 * clean. `bytes` is valid until the next step is taken.
 */
export function* formatSteps(
  geometry: JournalGeometry,
  identity: JournalIdentity,
  dirty: IndicatorMap,
): Generator<FormatStep, void, void> {
  const layout = journalLayout(geometry.logBytes, regionCountOf(geometry));
  const unit = new Uint8Array(UNIT_BYTES);
  for (const offsetBytes of layout.superblockOffset) yield { kind: 'write', offsetBytes, bytes: unit };
  yield { kind: 'flush' };
  for (const copy of [0, 1] as const) {
    for (let first = 0; first < layout.ringBlocks; first += BLOCKS_PER_UNIT) {
      for (let b = 0; b < BLOCKS_PER_UNIT; b++)
        encodeEmptyLogBlock(first + b, copy, layout, identity, unit, b * BLOCK_BYTES);
      yield { kind: 'write', offsetBytes: logBlockOffset(layout, copy, first), bytes: unit };
    }
    for (let group = 0; group < layout.groupCount; group++) {
      encodePage(dirty, group, copy, 1, layout, identity, unit);
      yield { kind: 'write', offsetBytes: pageOffset(layout, copy, group), bytes: unit };
    }
  }
  yield { kind: 'flush' };
  for (const offsetBytes of layout.superblockOffset) {
    yield { kind: 'write', offsetBytes, bytes: encodeSuperblock(geometry, identity, offsetBytes) };
  }
  yield { kind: 'flush' };
}
