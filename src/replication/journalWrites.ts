/** Log commits and indicator pages as I/O: encoded into the ring's arena, both copies of each commit. */
import { IO_OP, type IoRing } from '../blockdev/blockDevice.js';
import { JOURNAL } from '../tracker/core/devices.js';
import type { IndicatorMap } from '../tracker/core/indicatorMap.js';
import { IndexPool } from '../tracker/core/recordPool.js';
import type { LogCommit } from '../tracker/core/transactionLog.js';
import type { JournalIdentity } from '../tracker/journal/block.js';
import { BLOCK_BYTES, logBlockOffset, pageOffset, UNIT_BYTES, type JournalLayout } from '../tracker/journal/layout.js';
import { encodeCommit } from '../tracker/journal/logBlock.js';
import { encodePage } from '../tracker/journal/indicatorArea.js';
import { OP } from './driverIo.js';
import type { DriverSizes } from './sizes.js';
import type { Submissions } from './submissions.js';

export interface JournalWriteParts {
  io: IoRing;
  plan: DriverSizes;
  layout: JournalLayout;
  identity: JournalIdentity;
  /** Of the newest page that recovery saw. */
  pageGeneration: number;
}

export class JournalWrites {
  private readonly p: JournalWriteParts;
  private readonly submissions: Submissions;
  private readonly pageBuffers: IndexPool;
  /** I/Os of each commit that have not ended. */
  private readonly partsLeft: Int32Array;
  private readonly failed: Uint8Array;
  private pageGeneration: number;

  constructor(parts: JournalWriteParts, submissions: Submissions) {
    this.p = parts;
    this.submissions = submissions;
    const { journalDepth, log } = parts.plan.core;
    this.pageBuffers = new IndexPool(journalDepth);
    this.partsLeft = new Int32Array(log.commitsInFlight + 1);
    this.failed = new Uint8Array(log.commitsInFlight + 1);
    this.pageGeneration = parts.pageGeneration;
  }

  writeLog(commit: LogCommit): void {
    const { plan, layout, identity, io } = this.p;
    const { index } = commit;
    const bytes = commit.blocks * BLOCK_BYTES;
    this.partsLeft[index] = 0;
    this.failed[index] = 0;
    this.submissions.point?.commitSealed(commit);
    for (const copy of [0, 1] as const) {
      const at = plan.logOffset + (index * 2 + copy) * plan.logBytes;
      encodeCommit(commit, copy, layout, identity, io.arena.subarray(at, at + bytes));
      // A commit that reaches the ring's end goes on at its start.
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
    encodePage(awaiting, group, half, ++this.pageGeneration, layout, identity, io.arena.subarray(at, at + UNIT_BYTES));
    this.submissions.push(OP.page, group, buffer, this.op, JOURNAL, pageOffset(layout, half, group), UNIT_BYTES, at);
  }

  /** One I/O of the commit has ended. Null: others have not; else whether all went well. */
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
