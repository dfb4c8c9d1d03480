/**
 * I/O on the journal device. In recovery and formatting, bulk transfers: reads through windows, repairs, and the steps
 * of `formatSteps`. While the core runs, `JournalWrites`: log commits and indicator pages, encoded into the arena of
 * the ring.
 */
import { IO_OP, type IoRing, type SectorTools } from '../blockdev/blockDevice.js';
import { JOURNAL } from '../tracker/core/devices.js';
import type { IndicatorMap } from '../tracker/core/indicatorMap.js';
import type { JournalIdentity, SealBlocks } from '../tracker/journal/block.js';
import {
  encodeSuperblock,
  formatSteps,
  regionCountOf,
  type ExpectedJournal,
  type JournalGeometry,
} from '../tracker/journal/format.js';
import {
  journalLayout,
  BLOCK_BYTES,
  logBlockOffset,
  pageOffset,
  UNIT_BYTES,
  type JournalLayout,
} from '../tracker/journal/layout.js';
import type { JournalReader } from '../tracker/journal/salvage.js';
import { recoverJournal, type JournalRecovery } from '../tracker/journal/recovery.js';
import { CHUNK_BYTES, flushOrThrow } from './scan/bulk.js';
import { transferAll, transferOrThrow, type BulkRing, type BulkTransfer } from './scan/passIo.js';
import { IndexPool } from '../tracker/core/recordPool.js';
import type { LogCommit } from '../tracker/core/transactionLog.js';
import { encodeCommit } from '../tracker/journal/logBlock.js';
import { encodePage } from '../tracker/journal/indicatorArea.js';
import { OP } from './driverIo.js';
import type { DriverSizes } from './sizes.js';
import type { Submissions } from './submissions.js';

/** Two windows, since recovery reads both copies of the indicator area alternately. */
const WINDOWS = 2;
/** Writes that `formatJournal` submits together; far below the smallest ring depth. */
const MAX_BATCH = 8;

/**
 * A reader over 1 MiB windows at the start of the arena. It returns null for a range that cannot be read: that is
 * damage, not an error (R12). The bytes stay valid during one further call.
 */
function journalReader(bulk: BulkRing, sizeBytes: number): JournalReader {
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
    if (offsetBytes + lengthBytes > start + CHUNK_BYTES) return readAcross(bulk, offsetBytes, lengthBytes, sizeBytes);
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
      transferAll(bulk, [transfer]);
      w.readable = transfer.errno === 0;
    }
    w.used = ++clock;
    const at = w.at + offsetBytes - start;
    // One bad sector fails the read of a window: read the requested range alone.
    if (!w.readable) return readAcross(bulk, offsetBytes, lengthBytes, sizeBytes);
    return bulk.io.arena.subarray(at, at + lengthBytes);
  };
}

/** Reads a range alone, outside the windows. */
function readAcross(bulk: BulkRing, offsetBytes: number, lengthBytes: number, sizeBytes: number): Uint8Array | null {
  if (offsetBytes + lengthBytes > sizeBytes) return null;
  const transfer: BulkTransfer = {
    op: IO_OP.read,
    device: JOURNAL,
    offsetBytes,
    lengthBytes,
    arenaOffset: WINDOWS * CHUNK_BYTES,
  };
  transferAll(bulk, [transfer]);
  const at = transfer.arenaOffset;
  return transfer.errno === 0 ? bulk.io.arena.subarray(at, at + lengthBytes) : null;
}

/** Recovers the journal. @throws JournalError, ReplicationError ENGINE_AREA_LOST when a flush of the journal fails */
export function readJournal(bulk: BulkRing, expected: ExpectedJournal, sizeBytes: number): JournalRecovery {
  // A bench that died may have left blocks in the volatile cache of the journal. Recovery must not rely on a block that
  // the next power loss removes.
  flushOrThrow(bulk, [JOURNAL]);
  return recoverJournal(expected, journalReader(bulk, sizeBytes));
}

/** Writes those copies of the superblock again that could not be read. */
export function repairSuperblocks(bulk: BulkRing, geometry: JournalGeometry, recovery: JournalRecovery): void {
  if (recovery.superblocksToRepair.length === 0) return;
  const layout = journalLayout(geometry.logBytes, regionCountOf(geometry));
  for (const copy of recovery.superblocksToRepair) {
    const offsetBytes = layout.superblockOffset[copy];
    const bytes = encodeSuperblock(geometry, recovery.identity, offsetBytes);
    bulk.io.arena.set(bytes, 0);
    transferOrThrow(bulk, [
      { op: IO_OP.write, device: JOURNAL, offsetBytes, lengthBytes: bytes.length, arenaOffset: 0 },
    ]);
  }
  flushOrThrow(bulk, [JOURNAL]);
}

/** Writes those units of the log again of which one copy has lost blocks, before anything new is written. */
export function repairLog(bulk: BulkRing, recovery: JournalRecovery): void {
  let repaired = false;
  // After the windows: `logRepairs` still reads through them.
  const arenaOffset = (WINDOWS + 1) * CHUNK_BYTES;
  for (const { offsetBytes, bytes } of recovery.logRepairs()) {
    bulk.io.arena.set(bytes, arenaOffset);
    transferOrThrow(bulk, [{ op: IO_OP.write, device: JOURNAL, offsetBytes, lengthBytes: bytes.length, arenaOffset }]);
    repaired = true;
  }
  if (repaired) flushOrThrow(bulk, [JOURNAL]);
}

/** Writes a journal in which exactly `dirty` is dirty. @throws ReplicationError ENGINE_AREA_LOST */
export function formatJournal(
  bulk: BulkRing,
  geometry: JournalGeometry,
  identity: JournalIdentity,
  dirty: IndicatorMap,
): void {
  let used = 0;
  let batch: BulkTransfer[] = [];
  const perform = (): void => {
    if (batch.length > 0) transferOrThrow(bulk, batch);
    batch = [];
    used = 0;
  };
  for (const step of formatSteps(geometry, identity, dirty)) {
    if (step.kind === 'flush') {
      perform();
      flushOrThrow(bulk, [JOURNAL]);
      continue;
    }
    const last = batch.at(-1);
    const follows = last !== undefined && last.offsetBytes + last.lengthBytes === step.offsetBytes;
    if (used + step.bytes.length > CHUNK_BYTES || (!follows && batch.length >= MAX_BATCH)) perform();
    bulk.io.arena.set(step.bytes, used);
    const previous = batch.at(-1);
    // Adjacent units become one write: formatting is sequential.
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

export interface JournalWriteParts {
  io: IoRing;
  tools: Pick<SectorTools, 'sealBlocks'>;
  plan: DriverSizes;
  layout: JournalLayout;
  identity: JournalIdentity;
  /** Generation of the newest page that recovery found. */
  pageGeneration: number;
}

export class JournalWrites {
  private readonly p: JournalWriteParts;
  private readonly submissions: Submissions;
  private readonly pageBuffers: IndexPool;
  /** By commit: I/Os that have not ended, and whether one has failed. */
  private readonly partsLeft: Int32Array;
  private readonly failed: Uint8Array;
  private pageGeneration: number;
  private readonly seal: SealBlocks;

  constructor(parts: JournalWriteParts, submissions: Submissions) {
    this.p = parts;
    this.submissions = submissions;
    const { journalDepth, log } = parts.plan.core;
    this.pageBuffers = new IndexPool(journalDepth);
    this.partsLeft = new Int32Array(log.commitsInFlight + 1);
    this.failed = new Uint8Array(log.commitsInFlight + 1);
    this.pageGeneration = parts.pageGeneration;
    this.seal = (bytes, at, lengthBytes) => parts.tools.sealBlocks(bytes, at, lengthBytes);
  }

  writeLog(commit: LogCommit): void {
    const { plan, layout, identity, io } = this.p;
    const { seal } = this;
    const { index } = commit;
    const bytes = commit.blocks * BLOCK_BYTES;
    this.partsLeft[index] = 0;
    this.failed[index] = 0;
    this.submissions.point?.commitSealed(commit);
    for (const copy of [0, 1] as const) {
      const at = plan.logOffset + (index * 2 + copy) * plan.logBytes;
      encodeCommit(commit, copy, layout, identity, io.arena.subarray(at, at + bytes), seal);
      // A commit that reaches the end of the log continues at its start.
      const place = commit.start % layout.ringBlocks;
      const firstPart = Math.min(commit.blocks, layout.ringBlocks - place) * BLOCK_BYTES;
      this.pushLog(index, logBlockOffset(layout, copy, commit.start), firstPart, at);
      if (firstPart < bytes) this.pushLog(index, layout.logOffset[copy], bytes - firstPart, at + firstPart);
    }
  }

  writePage(group: number, copy: number, awaiting: IndicatorMap): void {
    const { plan, layout, identity, io } = this.p;
    const buffer = this.pageBuffers.take();
    const at = plan.pageOffset + buffer * UNIT_BYTES;
    const half = copy as 0 | 1;
    const bytes = io.arena.subarray(at, at + UNIT_BYTES);
    encodePage(awaiting, group, half, ++this.pageGeneration, layout, identity, bytes, this.seal);
    this.submissions.push(OP.page, group, buffer, this.op, JOURNAL, pageOffset(layout, half, group), UNIT_BYTES, at);
  }

  /** One I/O of the commit has ended. Null: others are in flight; else whether all succeeded. */
  logEnded(index: number, ok: boolean): boolean | null {
    if (!ok) this.failed[index] = 1;
    return --this.partsLeft[index] > 0 ? null : this.failed[index] === 0;
  }

  pageEnded(buffer: number): void {
    this.pageBuffers.give(buffer);
  }

  private pushLog(index: number, offset: number, length: number, at: number): void {
    this.partsLeft[index]++;
    this.submissions.push(OP.log, index, 0, this.op, JOURNAL, offset, length, at);
  }

  private get op(): typeof IO_OP.write | typeof IO_OP.writeDurable {
    return this.p.plan.core.durableOnCompletion.journal ? IO_OP.writeDurable : IO_OP.write;
  }
}
