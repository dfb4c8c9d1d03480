/** Journals with a history: more than one lap of the log, evidence in it, marks in the indicator area. */
import { EffectCounters, type Scene, SCENES } from '../../../src/explore/stage.js';
import { differingRegions } from '../../../src/explore/worldMemory.js';
import type { JournalImage } from '../../../src/explore/journalDevice.js';
import { completeAllIo } from '../../../src/explore/replay.js';
import type { Op } from '../../../src/explore/steps.js';
import { createStage, REAL_PARTS, type Stage, World } from '../../../src/explore/world.js';

export interface Populated {
  name: string;
  stage: Stage;
  image: JournalImage;
  /** For each place the block before its last write. */
  former: Int32Array;
  /** Regions that may differ between P and S, as bits. */
  differ: number;
}

const SCENE: Scene = { ...SCENES[0], name: 'populated', regions: 4, hotRegions: 1, lingerMs: 1, groupCommitMs: 0 };

const write = (transaction: number, sector: number): Op => ({ do: 'write', transaction, sector, sectors: 1 });

class Builder {
  readonly world = new World(createStage(SCENE, REAL_PARTS, new EffectCounters()));
  readonly former: Int32Array;
  private last: Int32Array;

  constructor() {
    completeAllIo(this.world);
    this.former = this.world.journal.durable.blocks.slice();
    this.last = this.former.slice();
  }

  /** Performs the operation, then all device steps; `hold`: only those of the journal. */
  take(op: Op, hold = false): void {
    this.world.take(op);
    for (;;) {
      const step = this.world.deviceSteps().find((s) => !hold || s.do === 'journalEnd');
      if (step === undefined) break;
      this.world.take(step);
      this.note();
    }
  }

  private note(): void {
    const now = this.world.journal.durable.blocks;
    for (let i = 0; i < now.length; i++) if (now[i] !== this.last[i]) this.former[i] = this.last[i];
    this.last = now.slice();
  }

  end(name: string): Populated {
    const { world } = this;
    return {
      name,
      stage: world.stage,
      image: world.journal.durable,
      former: this.former,
      differ: differingRegions(world),
    };
  }
}

/** The log has wrapped more than once; updates to regions 0 and 2 are in flight. */
export function inFlight(): Populated {
  const b = new Builder();
  for (let i = 0; i < 8; i++) {
    b.take(write(0, (i * 2) % 8));
    b.take({ do: 'close', transaction: 0 });
    b.take({ do: 'tick', ms: 3 });
  }
  b.take(write(1, 0), true);
  b.take(write(2, 5), true);
  return b.end('updates in flight');
}

/** S is lost: regions 1 and 3 are marked; region 0 was resynchronized earlier. */
export function degraded(): Populated {
  const b = new Builder();
  b.take(write(0, 0));
  b.take({ do: 'cut', device: 'S' });
  b.take(write(0, 1));
  b.take({ do: 'back' });
  b.take({ do: 'resync' });
  b.take({ do: 'tick', ms: 3 });
  b.take({ do: 'cut', device: 'S' });
  b.take(write(1, 2));
  b.take(write(1, 7));
  b.take({ do: 'tick', ms: 3 });
  return b.end('S away');
}

/** No I/O is in flight and no region is dirty; the log has been used. */
export function atRest(): Populated {
  const b = new Builder();
  for (let i = 0; i < 3; i++) {
    b.take(write(0, i));
    b.take({ do: 'close', transaction: 0 });
    b.take({ do: 'tick', ms: 3 });
  }
  return b.end('no I/O in flight');
}

/** As it is after formatting, with an empty log. */
export function empty(): Populated {
  const b = new Builder();
  const image = b.world.stage.formatted;
  return { ...b.end('an empty log'), image, former: image.blocks, differ: 0 };
}
