/**
 * A model of the journal device without bytes: which write records and which indicator pages exist in *every* state
 * that a crash may leave.
 *
 * The states of the log are the prefixes of its blocks, from the durable ones to all that were submitted; the tail is
 * that of the last block of the prefix. The states of a page are its newest durable copy and the write in flight. Both
 * are independent, so a region has no evidence in some crash state if and only if it may be missing in both.
 */
import type { IndicatorPages } from '../../../src/tracker/core/indicatorPages.js';
import { OPENING_UNITS, type LogConfig } from '../../../src/tracker/core/config.js';
import {
  RECORD_COMPLETE,
  RECORD_RELEASE,
  RECORD_WRITE,
  type LogCommit,
} from '../../../src/tracker/core/transactionLog.js';

interface LogRecord {
  kind: number;
  transaction: number;
  region: number;
  count: number;
}

interface Block {
  sequence: number;
  tail: number;
  records: LogRecord[];
}

interface Commit {
  index: number;
  blocks: Block[];
  durable: boolean;
}

interface PageWrite {
  copy: number;
  content: Set<number>;
}

export class JournalModel {
  private readonly config: LogConfig;
  private readonly pages: IndicatorPages;
  /** Commits that a possible tail still needs, oldest first. */
  private commits: Commit[] = [];
  private readonly newest: Set<number>[];
  private readonly underWay: (PageWrite | null)[];
  private cache: { regions: Set<number>; version: number } = { regions: new Set(), version: -1 };
  private version = 0;
  private submitted = 0;
  /** Regions that recovery found dirty: marked durably, or copied, before the log is used again (R11). */
  private readonly recovered: number[] = [];

  constructor(config: LogConfig, pages: IndicatorPages) {
    this.config = config;
    this.pages = pages;
    this.newest = Array.from({ length: pages.groupCount }, () => new Set<number>());
    this.underWay = this.newest.map(() => null);
  }

  /** The regions that recovery found dirty; the pages of the groups in `unwritten` do not carry them yet. */
  load(regions: Iterable<number>, unwritten: Set<number>): void {
    for (const r of regions) {
      this.recovered.push(r);
      const group = this.pages.groupOf(r);
      if (!unwritten.has(group)) this.newest[group].add(r);
    }
  }

  /** I5: throws when the commit would overwrite a block that a durable tail still needs. */
  submitCommit(c: LogCommit): void {
    const { recordsPerBlock, ringBlocks, blocksPerUnit } = this.config;
    const isOpening = this.submitted++ < OPENING_UNITS;
    if (isOpening && (c.recordCount > 0 || c.blocks !== blocksPerUnit))
      throw new Error('R11: records before recovery was over');
    for (const r of this.recovered) {
      const isClean = !this.pages.awaiting.has(r);
      if (this.submitted === 1 && !isClean && !this.isAlwaysEvident(r))
        throw new Error(`R11: log used again before region ${r} was durably marked`);
    }
    const end = c.start + c.blocks;
    const room = ringBlocks - (isOpening ? 0 : OPENING_UNITS * blocksPerUnit);
    if (end - this.durableTail > room)
      throw new Error(`I5: block ${end - 1} overwrites one behind tail ${this.durableTail}`);
    if (c.blocks % blocksPerUnit !== 0 || c.start % blocksPerUnit !== 0)
      throw new Error('commit does not end on a unit');
    const last = this.commits.at(-1)?.blocks.at(-1)?.sequence ?? this.config.firstSequence - 1;
    if (c.start !== last + 1) throw new Error(`R3: commit starts at ${c.start} behind block ${last}`);
    if (c.recordCount > c.blocks * recordsPerBlock) throw new Error('commit holds more records than its blocks');
    const blocks: Block[] = [];
    for (let b = 0; b < c.blocks; b++) {
      const records: LogRecord[] = [];
      for (let i = b * recordsPerBlock; i < Math.min(c.recordCount, (b + 1) * recordsPerBlock); i++) {
        records.push({ kind: c.kind[i], transaction: c.transaction[i], region: c.region[i], count: c.count[i] });
      }
      blocks.push({ sequence: c.start + b, tail: b === c.blocks - 1 ? c.tail : c.tailBefore, records });
    }
    this.commits.push({ index: c.index, blocks, durable: false });
    this.version++;
  }

  commitDurable(index: number): void {
    this.commits.find((c) => c.index === index && !c.durable)!.durable = true;
    const tail = this.durableTail;
    const keep = Math.max(0, this.durableCommits - 1);
    this.commits = this.commits.filter((c, i) => i >= keep || c.blocks.at(-1)!.sequence >= tail);
    this.version++;
  }

  submitPage(group: number, copy: number): void {
    if (this.underWay[group] !== null) throw new Error(`both copies of page ${group} written at once`);
    const content = new Set<number>();
    const first = group * this.pages.regionsPerGroup;
    for (let r = first; r < Math.min(first + this.pages.regionsPerGroup, this.pages.awaiting.regionCount); r++) {
      if (this.pages.awaiting.has(r)) content.add(r);
    }
    this.underWay[group] = { copy, content };
  }

  pageDurable(group: number): void {
    this.newest[group] = this.underWay[group]!.content;
    this.underWay[group] = null;
  }

  /** Whether the region has evidence in every state that a crash at this moment may leave. */
  isAlwaysEvident(region: number): boolean {
    const group = this.pages.groupOf(region);
    const next = this.underWay[group];
    const onPage = this.newest[group].has(region) && (next === null || next.content.has(region));
    return onPage || this.alwaysInLog.has(region);
  }

  /** D of a crash in which everything submitted has become durable (R11). */
  get dirtyAtRest(): Set<number> {
    const dirty = this.replay(this.commits.flatMap((c) => c.blocks));
    for (const page of this.newest) for (const r of page) dirty.add(r);
    return dirty;
  }

  private get durableCommits(): number {
    const n = this.commits.findIndex((c) => !c.durable);
    return n === -1 ? this.commits.length : n;
  }

  private get durableTail(): number {
    return this.commits[this.durableCommits - 1]?.blocks.at(-1)!.tail ?? this.config.firstSequence;
  }

  private get alwaysInLog(): Set<number> {
    if (this.cache.version === this.version) return this.cache.regions;
    const durable = this.durableCommits;
    const blocks = this.commits.slice(0, durable).flatMap((c) => c.blocks);
    let always = this.replay(blocks);
    for (const c of this.commits.slice(durable)) {
      for (const b of c.blocks) {
        blocks.push(b);
        if (always.size > 0) always = inBoth(always, this.replay(blocks));
      }
    }
    this.cache = { regions: always, version: this.version };
    return always;
  }

  private replay(blocks: Block[]): Set<number> {
    const tail = blocks.at(-1)?.tail ?? 0;
    const active = new Map<number, Set<number>>();
    for (const b of blocks) {
      if (b.sequence < tail) continue;
      for (const x of b.records) apply(active, x);
    }
    const all = new Set<number>();
    for (const regions of active.values()) for (const r of regions) all.add(r);
    return all;
  }
}

function apply(active: Map<number, Set<number>>, x: LogRecord): void {
  if (x.kind === RECORD_COMPLETE) active.delete(x.transaction);
  if (x.kind !== RECORD_WRITE && x.kind !== RECORD_RELEASE) return;
  const regions = active.get(x.transaction) ?? new Set<number>();
  active.set(x.transaction, regions);
  for (let r = x.region; r < x.region + x.count; r++) {
    if (x.kind === RECORD_WRITE) regions.add(r);
    else regions.delete(r);
  }
}

function inBoth(a: Set<number>, b: Set<number>): Set<number> {
  return new Set([...a].filter((r) => b.has(r)));
}
