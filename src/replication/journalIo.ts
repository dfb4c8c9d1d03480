/** The journal device for recovery and formatting: reads through a window, and performs formatSteps. */
import { IO_OP, type IoRing } from '../blockdev/blockDevice.js';
import { JOURNAL } from '../tracker/core/devices.js';
import type { IndicatorMap } from '../tracker/core/indicatorMap.js';
import type { JournalIdentity } from '../tracker/journal/block.js';
import {
  encodeSuperblock,
  formatSteps,
  regionCountOf,
  type ExpectedJournal,
  type JournalGeometry,
} from '../tracker/journal/format.js';
import { journalLayout } from '../tracker/journal/layout.js';
import type { JournalReader } from '../tracker/journal/salvage.js';
import { recoverJournal, type JournalRecovery } from '../tracker/journal/recovery.js';
import { CHUNK_BYTES, flushOrThrow, transferAll, transferOrThrow, type BulkTransfer } from './scan/bulk.js';

/** Two windows: recovery reads both copies of the indicator area in turns. */
const WINDOWS = 2;

/**
 * A reader over 1 MiB windows in the arena's start. What cannot be read is null: damage, not an error (R12).
 * The bytes are valid until the second next call.
 */
function journalReader(io: IoRing, sizeBytes: number): JournalReader {
  const windows = Array.from({ length: WINDOWS }, (_, i) => ({
    start: -1,
    length: 0,
    readable: false,
    at: i * CHUNK_BYTES,
    used: 0,
  }));
  let clock = 0;
  return (offsetBytes, lengthBytes) => {
    const start = Math.floor(offsetBytes / CHUNK_BYTES) * CHUNK_BYTES;
    if (offsetBytes + lengthBytes > start + CHUNK_BYTES) return readAcross(io, offsetBytes, lengthBytes, sizeBytes);
    let w = windows.find((x) => x.start === start);
    if (w === undefined) {
      w = windows.reduce((oldest, x) => (x.used < oldest.used ? x : oldest));
      w.start = start;
      w.length = Math.min(CHUNK_BYTES, sizeBytes - start);
      const transfer: BulkTransfer = {
        op: IO_OP.read,
        device: JOURNAL,
        offsetBytes: start,
        lengthBytes: w.length,
        arenaOffset: w.at,
      };
      transferAll(io, [transfer]);
      w.readable = transfer.errno === 0;
    }
    w.used = ++clock;
    const at = w.at + offsetBytes - start;
    // One bad sector fails a whole window: then piece by piece.
    if (!w.readable) return readAcross(io, offsetBytes, lengthBytes, sizeBytes);
    return io.arena.subarray(at, at + lengthBytes);
  };
}

/** A range on its own, outside the windows. */
function readAcross(io: IoRing, offsetBytes: number, lengthBytes: number, sizeBytes: number): Uint8Array | null {
  if (offsetBytes + lengthBytes > sizeBytes) return null;
  const transfer: BulkTransfer = {
    op: IO_OP.read,
    device: JOURNAL,
    offsetBytes,
    lengthBytes,
    arenaOffset: WINDOWS * CHUNK_BYTES,
  };
  transferAll(io, [transfer]);
  const at = transfer.arenaOffset;
  return transfer.errno === 0 ? io.arena.subarray(at, at + lengthBytes) : null;
}

/** Recovery's reading of the whole journal. @throws JournalError, ReplicationError ENGINE_AREA_LOST when even a flush fails */
export function readJournal(io: IoRing, expected: ExpectedJournal, sizeBytes: number): JournalRecovery {
  // What a dead bench has left in the journal's volatile cache must not vanish after it was believed.
  flushOrThrow(io, [JOURNAL]);
  return recoverJournal(expected, journalReader(io, sizeBytes));
}

/** Writes the copies of the superblock again that could not be read. */
export function repairSuperblocks(io: IoRing, geometry: JournalGeometry, recovery: JournalRecovery): void {
  if (recovery.superblocksToRepair.length === 0) return;
  const layout = journalLayout(geometry.logBytes, regionCountOf(geometry));
  for (const copy of recovery.superblocksToRepair) {
    const offsetBytes = layout.superblockOffset[copy];
    const bytes = encodeSuperblock(geometry, recovery.identity, offsetBytes);
    io.arena.set(bytes, 0);
    transferOrThrow(io, [{ op: IO_OP.write, device: JOURNAL, offsetBytes, lengthBytes: bytes.length, arenaOffset: 0 }]);
  }
  flushOrThrow(io, [JOURNAL]);
}

/** Writes the units of the log again of which a copy has lost blocks, before anything new is written. */
export function repairLog(io: IoRing, recovery: JournalRecovery): void {
  let repaired = false;
  // Behind what recovery reads through, which goes on meanwhile.
  const arenaOffset = (WINDOWS + 1) * CHUNK_BYTES;
  for (const { offsetBytes, bytes } of recovery.logRepairs()) {
    io.arena.set(bytes, arenaOffset);
    transferOrThrow(io, [{ op: IO_OP.write, device: JOURNAL, offsetBytes, lengthBytes: bytes.length, arenaOffset }]);
    repaired = true;
  }
  if (repaired) flushOrThrow(io, [JOURNAL]);
}

/** Writes a journal in which exactly `dirty` is dirty. @throws ReplicationError ENGINE_AREA_LOST */
export function formatJournal(
  io: IoRing,
  geometry: JournalGeometry,
  identity: JournalIdentity,
  dirty: IndicatorMap,
): void {
  let used = 0;
  let batch: BulkTransfer[] = [];
  const perform = (): void => {
    if (batch.length > 0) transferOrThrow(io, batch);
    batch = [];
    used = 0;
  };
  for (const step of formatSteps(geometry, identity, dirty)) {
    if (step.kind === 'flush') {
      perform();
      flushOrThrow(io, [JOURNAL]);
      continue;
    }
    const last = batch.at(-1);
    const follows = last !== undefined && last.offsetBytes + last.lengthBytes === step.offsetBytes;
    if (used + step.bytes.length > CHUNK_BYTES || (!follows && batch.length >= MAX_BATCH)) perform();
    io.arena.set(step.bytes, used);
    const previous = batch.at(-1);
    // Neighbouring units go out as one write: formatting is sequential.
    if (follows && previous !== undefined) previous.lengthBytes += step.bytes.length;
    else
      batch.push({
        op: IO_OP.write,
        device: JOURNAL,
        offsetBytes: step.offsetBytes,
        lengthBytes: step.bytes.length,
        arenaOffset: used,
      });
    used += step.bytes.length;
  }
  perform();
}

/** Far below the smallest ring depth of a plan. */
const MAX_BATCH = 8;
