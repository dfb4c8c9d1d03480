/**
 * The system that performs the claims: core, journal and recovery, on modeled devices. The log is read from the bytes
 * of the journal device; indicators and update sets are read from the core's memory.
 */
import { FIRST_NODE, NIL, NODE_NEXT, NODE_SLOT, UNACKED } from '../../../src/tracker/core/recordLayout.js';
import { EffectCounters, IDENTITY, SCENES, type Scene } from '../../../src/explore/stage.js';
import { createStage, REAL_PARTS, World, type WorldParts } from '../../../src/explore/world.js';
import { completeAllIo } from '../../../src/explore/replay.js';
import { openPlace } from '../../../src/tracker/journal/logRing.js';
import type { LogRecord } from '../../../src/tracker/journal/logBlock.js';
import {
  RECORD_BEGIN,
  RECORD_COMPLETE,
  RECORD_RELEASE,
  RECORD_WRITE,
} from '../../../src/tracker/core/transactionLog.js';

const KINDS: Record<number, 'begin' | 'write' | 'release' | 'complete'> = {
  [RECORD_BEGIN]: 'begin',
  [RECORD_WRITE]: 'write',
  [RECORD_RELEASE]: 'release',
  [RECORD_COMPLETE]: 'complete',
};

/** Long: only a scenario about the timeout reaches it. */
export const ACK_TIMEOUT_MS = 100_000;

/** So large that log pressure never occurs. */
const LOG_BYTES = 256 * 1024;

export interface LogLine {
  kind: 'begin' | 'write' | 'release' | 'complete';
  transaction: number;
  region: number;
}

export class ClaimBench {
  readonly world: World;

  /** `parts`: REAL_PARTS, or a tracker that is broken in one place. */
  constructor(parts: WorldParts = REAL_PARTS, scene: Partial<Scene> = {}) {
    this.world = new World(
      createStage(
        { ...SCENES[0], lingerMs: 0, hotRegions: 0, ackTimeoutMs: ACK_TIMEOUT_MS, logBytes: LOG_BYTES, ...scene },
        parts,
        new EffectCounters(),
      ),
    );
    completeAllIo(this.world);
  }

  write(transaction: number, region: number): number {
    expectTaken(this.world.take({ do: 'write', transaction, sector: region * 2, sectors: 1 }));
    return this.world.nextVersion - 1;
  }

  close(transaction: number): void {
    expectTaken(this.world.take({ do: 'close', transaction }));
  }

  /** The devices complete what was submitted; of P and S only `areas`. */
  run(...areas: ('P' | 'S')[]): void {
    for (;;) {
      const step = this.world.deviceSteps().find((s) => {
        if (s.do === 'journalEnd') return true;
        if (s.do === 'flushed') return s.device === 'J' || areas.includes(s.device);
        return s.do === 'read' || (s.do === 'end' && areas.includes(s.device));
      });
      if (step === undefined) return;
      this.world.take(step);
    }
  }

  /** Makes an update durable on both areas: that acknowledges it. */
  acknowledge(version: number): void {
    this.run();
    for (const device of ['P', 'S'] as const) expectTaken(this.world.take({ do: 'end', device, version }));
    for (let n = 0; n < 3; n++) {
      for (const device of ['P', 'S'] as const) this.world.take({ do: 'flushed', device });
      this.tick(2);
    }
    this.run();
  }

  tick(ms: number): void {
    this.world.take({ do: 'tick', ms });
  }

  /** I[r] */
  indicator(region: number): boolean {
    return this.world.core.state.indicators.has(region);
  }

  /** Size of U[r]. */
  updateSet(region: number): number {
    const { regions } = this.world.core.state;
    const e = regions.find(region);
    return e === NIL ? 0 : regions.memory[e + UNACKED];
  }

  /** Ids of the region's updates, in the order obtained. */
  updateIds(region: number): number[] {
    const { regions, nodes } = this.world.core.state;
    const e = regions.find(region);
    const ids: number[] = [];
    for (let n = e === NIL ? NIL : regions.memory[e + FIRST_NODE]; n !== NIL; n = nodes.memory[n + NODE_NEXT])
      ids.push(this.world.core.state.updateId(nodes.memory[n + NODE_SLOT]));
    return ids;
  }

  /** Records of the log on the journal device, oldest first. */
  log(): LogLine[] {
    const { journal, stage } = this.world;
    const { layout } = stage;
    const blocks: { sequence: number; records: readonly LogRecord[] }[] = [];
    for (let place = 0; place < layout.ringBlocks; place++) {
      const id = journal.durable.blocks[layout.logOffset[0] / 512 + place];
      const block = openPlace(stage.store.bytesOf(id), 0, 0, place, layout, IDENTITY);
      if (typeof block === 'string') throw new Error(`block at place ${place} is ${block}`);
      blocks.push(block);
    }
    return blocks
      .sort((a, b) => a.sequence - b.sequence)
      .flatMap((b) =>
        b.records.map((r) => ({ kind: KINDS[r.kind], transaction: r.transaction, region: r.firstRegion })),
      );
  }

  /** D after a power cut now, and the number of active transactions in the log. */
  recovered(): { dirty: number[]; active: number; tail: number } {
    const r = this.world.stage.recoveries.fromBytes(this.world.journal.durable);
    return { dirty: [0, 1, 2, 3].filter((i) => (r.dirtyMask >>> i) & 1), active: r.activeTransactions, tail: r.tail };
  }
}

function expectTaken(taken: boolean): void {
  if (!taken) throw new Error('the modeled devices do not allow this step now');
}
