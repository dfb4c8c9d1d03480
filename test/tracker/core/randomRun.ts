/** Random runs of the core: a configuration, and commands as a kind and two numbers, so that a failure shrinks well. */
import fc from 'fast-check';
import { SLOT_FLAGS } from '../../../src/tracker/core/recordLayout.js';
import { JOURNAL, PRIMARY, SECONDARY, type CoreConfig } from './coreParts.js';
import { Simulator, type Area, type Device } from './simulator.js';

export const REGION_BYTES = 4096;
const SECTOR = 512;

export interface Scenario {
  config: CoreConfig;
  dirtyAtStart: number[];
  commands: Command[];
}

type Kind =
  | 'begin'
  | 'close'
  | 'write'
  | 'bigWrite'
  | 'deliver'
  | 'deliverAll'
  | 'fail'
  | 'foreign'
  | 'tick'
  | 'longTick'
  | 'loseSecondary'
  | 'attach'
  | 'losePrimary'
  | 'loseJournal'
  | 'resync'
  | 'stopResync'
  | 'giveUpAll'
  | 'pump';

type Command = readonly [Kind, number, number];

const WEIGHTS: Record<Kind, number> = {
  begin: 4,
  close: 4,
  write: 30,
  bigWrite: 4,
  deliver: 60,
  deliverAll: 3,
  fail: 0,
  foreign: 2,
  tick: 8,
  longTick: 1,
  loseSecondary: 1,
  attach: 3,
  losePrimary: 0,
  loseJournal: 0,
  resync: 3,
  stopResync: 1,
  giveUpAll: 1,
  pump: 12,
};

const config = fc
  .record({
    regionCount: fc.integer({ min: 1, max: 40 }),
    short: fc.boolean(),
    mode: fc.constantFrom('sync' as const, 'async' as const),
    updateSlots: fc.integer({ min: 1, max: 24 }),
    regionReferences: fc.integer({ min: 8, max: 60 }),
    transactionSlots: fc.integer({ min: 1, max: 8 }),
    lingerMs: fc.constantFrom(0, 20, 5000),
    hotRegions: fc.constantFrom(0, 1, 3, 30),
    flushEveryWrites: fc.integer({ min: 1, max: 6 }),
    resyncDepth: fc.integer({ min: 1, max: 4 }),
    resyncExtra: fc.integer({ min: 0, max: 4 }),
    primary: fc.boolean(),
    secondary: fc.boolean(),
    journal: fc.boolean(),
    journalDepth: fc.integer({ min: 1, max: 4 }),
    blocksPerUnit: fc.integer({ min: 1, max: 3 }),
    recordsPerBlock: fc.integer({ min: 1, max: 4 }),
    ringUnits: fc.constantFrom(8, 8, 9, 11, 30),
    commitsInFlight: fc.integer({ min: 1, max: 3 }),
    unitsPerCommit: fc.integer({ min: 1, max: 2 }),
    regionsPerGroup: fc.constantFrom(1, 4, 7, 64),
  })
  .map((x): CoreConfig => ({
    regionBytes: REGION_BYTES,
    usableBytes: x.regionCount * REGION_BYTES - (x.short ? 3 * SECTOR : 0),
    mode: x.mode,
    acknowledge: 'durable',
    updateSlots: x.updateSlots,
    regionReferences: x.regionReferences,
    transactionSlots: x.transactionSlots,
    lingerMs: x.lingerMs,
    hotRegions: x.hotRegions,
    ackTimeoutMs: 3000,
    groupCommitMs: 2,
    flushEveryWrites: x.flushEveryWrites,
    flushIntervalMs: 10,
    resync: {
      depth: x.resyncDepth,
      slots: x.resyncDepth + x.resyncExtra,
      maxBytesPerSecond: 0,
      minShare: 1,
      turnBytes: 1,
    },
    durableOnCompletion: { primary: x.primary, secondary: x.secondary, journal: x.journal },
    journalDepth: x.journalDepth,
    log: {
      ringBlocks: x.ringUnits * x.blocksPerUnit,
      blocksPerUnit: x.blocksPerUnit,
      recordsPerBlock: x.recordsPerBlock,
      firstSequence: 5 * x.blocksPerUnit,
      recoveredThrough: 5 * x.blocksPerUnit - 1,
      commitsInFlight: x.commitsInFlight,
      unitsPerCommit: x.unitsPerCommit,
    },
    regionsPerGroup: x.regionsPerGroup,
  }));

/** `changed`: weights that replace those of WEIGHTS. */
export function scenario(changed: Partial<Record<Kind, number>> = {}, maxLength = 300): fc.Arbitrary<Scenario> {
  const weights = Object.entries({ ...WEIGHTS, ...changed }).filter(([, weight]) => weight > 0);
  const kind = fc.oneof(
    ...weights.map(([k, weight]) => ({ arbitrary: fc.constant(k as Kind), weight: Math.ceil(weight * 10) })),
  );
  return fc.record({
    config,
    dirtyAtStart: fc.array(fc.nat(39), { maxLength: 3 }),
    commands: fc.array(fc.tuple(kind, fc.nat(9999), fc.nat(9999)), { maxLength, size: 'max' }),
  });
}

export class RandomRun {
  readonly sim: Simulator;
  readonly open: number[] = [];
  private readonly config: CoreConfig;
  private ended: { area: Area; slot: number; id: number }[] = [];

  constructor(s: Scenario) {
    this.config = s.config;
    this.sim = new Simulator(s.config);
    const { core, journal } = this.sim;
    const dirty = core.state.indicators.clone();
    for (const r of s.dirtyAtStart) if (r < core.state.regionCount) dirty.set(r);
    const unwritten = [...Array(core.pages.groupCount).keys()].filter((g) => g % 2 === 0);
    journal.load(dirty.regions(), new Set(unwritten));
    core.loadDirty(dirty, unwritten);
  }

  run(commands: Command[]): void {
    for (const c of commands) this.step(c);
  }

  step([kind, a, b]: Command): void {
    const { sim, open } = this;
    const { core, pending } = sim;
    if (kind === 'begin') {
      const t = core.begin();
      if (t >= 0) open.push(t);
    } else if (kind === 'close') {
      if (open.length > 0) core.close(open.splice(a % open.length, 1)[0], sim.now);
    } else if (kind === 'write') this.write(a, b, 1 + (b % 11));
    else if (kind === 'bigWrite') this.write(a, b, 1 + (b % (8 * (this.config.regionReferences - 2))));
    else if (kind === 'deliver') this.deliver(a, true);
    else if (kind === 'deliverAll') while (pending.length > 0) this.deliver(a, true);
    else if (kind === 'fail') this.deliver(a, false);
    else if (kind === 'foreign') this.foreign(a, b);
    else if (kind === 'tick') sim.now += a % 12;
    else if (kind === 'longTick') sim.now += a % 6000;
    else if (kind === 'loseSecondary') sim.deviceLost(SECONDARY);
    else if (kind === 'losePrimary') sim.deviceLost(PRIMARY);
    else if (kind === 'loseJournal') sim.deviceLost(JOURNAL);
    else if (kind === 'attach') sim.attachSecondary();
    else if (kind === 'resync') core.startResync();
    else if (kind === 'stopResync') core.stopResync();
    else if (kind === 'giveUpAll') core.giveUpAll(sim.now);
    else sim.pump();
    sim.checkEvidence();
  }

  private write(a: number, b: number, sectors: number): void {
    const { usableBytes } = this.config;
    if (this.open.length === 0) return;
    const length = Math.min(sectors * SECTOR, usableBytes);
    const offset = (a * SECTOR) % (usableBytes - length + SECTOR);
    this.sim.obtain(this.open[b % this.open.length], offset, length);
  }

  private deliver(a: number, ok: boolean): void {
    const { pending } = this.sim;
    if (pending.length === 0) return;
    const i = a % pending.length;
    const p = pending[i];
    if (p.kind === 'io') this.ended.push({ area: p.area, slot: p.of.slot, id: p.of.id });
    this.sim.deliver(i, ok);
  }

  /** A report of I/O that has ended already, or that never existed: it must change nothing. */
  private foreign(a: number, b: number): void {
    const { core } = this.sim;
    const old = this.ended[a % Math.max(1, this.ended.length)];
    if (old !== undefined && a % 2 === 0) core.completed(old.area, old.slot, old.id, b % 2 === 0, this.sim.now);
    else core.completed((b % 2) as Device as Area, a % this.config.updateSlots, 1e6 + b, b % 3 > 0, this.sim.now);
  }

  /**
   * Each round delivers the oldest report, or lets time pass if there is none, until `isDone`; false after `rounds`.
   */
  runUntil(isDone: () => boolean, rounds = 2000): boolean {
    for (let i = 0; i < rounds; i++) {
      this.sim.pump();
      if (isDone()) return true;
      if (this.sim.pending.length > 0) this.sim.deliver(0, true);
      else this.sim.now += 1 + (i > rounds / 2 ? 500 : 0);
    }
    return false;
  }

  /**
   * The end of each run: all updates are answered. Unless P or the journal is lost, S equals P (I3) and nothing is
   * left.
   */
  finish(): void {
    const { sim } = this;
    const { core } = sim;
    const { state } = core;
    for (const t of this.open.splice(0)) core.close(t, sim.now);
    this.must(
      'answers and frees all',
      () => sim.unanswered.size === 0 && sim.pending.length === 0 && state.slots.pool.usedCount === 0,
    );
    if (state.primaryLost || state.journalLost) {
      core.drain();
      this.must('is quiescent', () => core.quiescent);
      return;
    }
    if (state.secondaryAway && !core.attachSecondary()) throw new Error('S cannot be attached with nothing in flight');
    core.startResync();
    this.must('resynchronizes', () => core.resync.done);
    core.drain();
    this.must('is quiescent', () => core.quiescent && sim.pending.length === 0);
    this.leftOver();
  }

  private leftOver(): void {
    const { sim } = this;
    const { state, log } = sim.core;
    const left = {
      slots: state.slots.pool.usedCount,
      nodes: state.nodes.usedCount,
      holdings: state.holdings.pool.usedCount,
      transactions: state.transactions.pool.usedCount,
      regions: state.regions.used,
      indicators: state.indicators.count,
      active: state.slots.inUse().length,
      waiting: sim.core.updates.deadlines.count,
      differing: sim.differingRegions,
      inFlight: state.inFlight[0] + state.inFlight[1],
      logInFlight: log.inFlight,
      dirty: sim.journal.dirtyAtRest.size,
    };
    for (const [what, n] of Object.entries(left))
      if (n !== 0) throw new Error(`at rest: ${n} ${what} left over ${JSON.stringify(left)}`);
  }

  private must(what: string, isDone: () => boolean): void {
    if (this.runUntil(isDone)) return;
    const { core, pending, unanswered } = this.sim;
    const { slots } = core.state;
    const stuck = slots
      .inUse()
      .slice(0, 8)
      .map((s) => `${s}:${slots.memory[s + SLOT_FLAGS].toString(2)}`);
    throw new Error(
      `never ${what}: ${unanswered.size} unanswered, ${pending.length} pending, slots ${stuck.join(' ')}, ` +
        `awaiting ${core.awaitingRegions}, log free ${core.log.freeBlocks}, open ${core.log.openRecords}, hot ${core.evidence.hotRegions}, ` +
        `P lost ${core.state.primaryLost}, S away ${core.state.secondaryAway}, J lost ${core.state.journalLost}`,
    );
  }
}

export function runScenario(s: Scenario): void {
  const run = new RandomRun(s);
  run.run(s.commands);
  run.finish();
}

/** Kinds of random runs: weights that differ from WEIGHTS. */
export const RUN_KINDS: Record<string, Parameters<typeof scenario>[0]> = {
  'writes alone': { loseSecondary: 0, attach: 0, giveUpAll: 0, longTick: 0, resync: 0 },
  'writes during resync': { loseSecondary: 0, attach: 0, giveUpAll: 0, longTick: 0 },
  'loss of S': { longTick: 0 },
  timeouts: { longTick: 4 },
  'loss of P': { losePrimary: 0.3, fail: 1, longTick: 1 },
  'loss of the journal': { loseJournal: 0.3, fail: 1 },
};
