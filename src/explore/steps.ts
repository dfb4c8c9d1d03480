/**
 * The steps of a history: what the application and the operator do (`Op`, in the order of a script), and what the
 * devices do (in any order). A trace is a list of steps that can be replayed. Scripts of small scope are enumerated:
 * all writes up to renaming of transactions, with one event among them.
 */
import type { Scene } from './stage.js';

export type AreaLetter = 'P' | 'S';
export type DeviceLetter = AreaLetter | 'J';

export type Op =
  /** The application writes sectors in a transaction; it begins the transaction with the first write. */
  | { do: 'write'; transaction: number; sector: number; sectors: number }
  | { do: 'close'; transaction: number }
  | { do: 'tick'; ms: number }
  /** One device loses power; the host keeps running. */
  | { do: 'cut'; device: DeviceLetter }
  /** S has power again; it is attached if no earlier I/O is in flight on it. */
  | { do: 'back' }
  /**
   * An area loses power and has it back before the next command; a power counter shows it and the engine reports it.
   */
  | { do: 'blink'; device: AreaLetter }
  /** The oldest write in flight on the device fails. */
  | { do: 'fail'; device: DeviceLetter }
  /** The flush in flight fails; the writes that it covered are lost, and the next flush will succeed. */
  | { do: 'failFlush'; device: DeviceLetter }
  /** The device reports its latest completed write again. */
  | { do: 'repeat'; device: AreaLetter }
  | { do: 'resync' }
  | { do: 'stopResync' }
  | { do: 'giveUp' }
  | { do: 'drain' };

/** A crash: the host dies, and the devices may lose power. */
export interface CrashStep {
  do: 'crash';
  /** `kept`: P keeps its volatile cache, and writes in flight reach it. `lost`: it loses both. */
  primary: 'lost' | 'kept';
  /** For each pending journal write, oldest first: bits of the blocks that reached the medium. */
  journal: number[];
}

export type DeviceStep =
  | { do: 'end'; device: AreaLetter; version: number }
  | { do: 'read'; version: number }
  | { do: 'flushed'; device: DeviceLetter }
  | { do: 'journalEnd'; ordinal: number };

/**
 * The damage to a block. `both` and `torn` damage its copy as well; with `lost and garbage`, the block is lost and its
 * copy is garbage.
 */
export type DamageKind = 'garbage' | 'zero' | 'lost' | 'both' | 'torn' | 'lost and garbage';

/** A crash that also damages a block of the journal: the last step of a trace. */
export interface DamageStep {
  do: 'damage';
  place: number;
  kind: DamageKind;
  /** As in a crash step. */
  journal?: number[];
}

export type TraceStep = Op | DeviceStep | CrashStep | DamageStep;

export interface Trace {
  scene: Scene;
  steps: TraceStep[];
  /** Indices of `steps` after which the core is not pumped. */
  unpumped?: number[];
}

const OPS = new Set([
  'write',
  'close',
  'tick',
  'cut',
  'back',
  'blink',
  'fail',
  'failFlush',
  'repeat',
  'resync',
  'stopResync',
  'giveUp',
  'drain',
]);

export function isOp(step: TraceStep): step is Op {
  return OPS.has(step.do);
}

const DAMAGE_TEXT: Record<DamageKind, string> = {
  garbage: 'garbage',
  zero: 'zero',
  lost: 'lost: it has its formatted content again',
  both: 'garbage, and so is its copy',
  torn: 'torn by the cut, and so is its copy',
  'lost and garbage': 'lost: it has its formatted content again; and its copy is garbage',
};

export function stepText(step: TraceStep): string {
  switch (step.do) {
    case 'write':
      return `write t${step.transaction} sector ${step.sector}${step.sectors > 1 ? `-${step.sector + step.sectors - 1}` : ''}`;
    case 'close':
      return `close t${step.transaction}`;
    case 'tick':
      return `${step.ms} ms pass`;
    case 'cut':
      return `${step.device} loses power`;
    case 'back':
      return 'S is back and attached';
    case 'blink':
      return `${step.device} loses power for a moment`;
    case 'fail':
      return `the oldest write on ${step.device} fails`;
    case 'failFlush':
      return `the flush of ${step.device} fails`;
    case 'repeat':
      return `${step.device} reports its last write again`;
    case 'resync':
      return 'resync starts';
    case 'stopResync':
      return 'resync is stopped';
    case 'giveUp':
      return 'everything in flight is given up';
    case 'drain':
      return 'shutdown';
    case 'end':
      return `u${step.version} completes on ${step.device}`;
    case 'read':
      return `copy u${step.version} has read P`;
    case 'flushed':
      return `flush of ${step.device} completes`;
    case 'journalEnd':
      return `journal write ${step.ordinal} completes`;
    case 'damage':
      return `crash; block ${step.place} of the journal is ${DAMAGE_TEXT[step.kind]}`;
    case 'crash':
      return `crash; P ${step.primary === 'lost' ? 'without power' : 'keeps its cache'}, journal keeps ${step.journal.map((p) => `0x${p.toString(16)}`).join(', ') || 'what was durable'}; recovery`;
  }
}

/** [first sector, sectors]: half a region, a region, across two regions, the next region. A region has two sectors. */
const SHAPES: readonly [number, number][] = [
  [0, 1],
  [0, 2],
  [1, 2],
  [2, 1],
  [1, 1],
];

const RETURN: Op[] = [{ do: 'back' }, { do: 'resync' }];

/** Events among the writes; the first is none. */
const EVENTS: readonly Op[][] = [
  [],
  [{ do: 'tick', ms: 3 }],
  [{ do: 'cut', device: 'S' }, ...RETURN],
  [{ do: 'fail', device: 'S' }, ...RETURN],
  [{ do: 'blink', device: 'S' }, ...RETURN],
  [{ do: 'failFlush', device: 'S' }, ...RETURN],
  [{ do: 'tick', ms: 8 }, ...RETURN],
  [{ do: 'giveUp' }, { do: 'resync' }],
  [
    { do: 'repeat', device: 'P' },
    { do: 'repeat', device: 'S' },
  ],
  [{ do: 'cut', device: 'P' }],
  [{ do: 'fail', device: 'P' }],
  [{ do: 'failFlush', device: 'P' }],
  [{ do: 'blink', device: 'P' }],
  [{ do: 'cut', device: 'J' }],
  [{ do: 'fail', device: 'J' }],
  [{ do: 'drain' }],
  [{ do: 'cut', device: 'S' }, { do: 'back' }, { do: 'resync' }, { do: 'stopResync' }, { do: 'resync' }],
];

/** All sequences of `updates` writes. Transactions are numbered in the order in which they begin. */
function* writes(updates: number): Generator<Extract<Op, { do: 'write' }>[]> {
  if (updates === 0) {
    yield [];
    return;
  }
  for (const before of writes(updates - 1)) {
    const used = new Set(before.map((w) => w.transaction)).size;
    for (const [sector, sectors] of SHAPES) {
      // Regions are equivalent, so the first write touches region 0.
      if (before.length === 0 && sector === 2) continue;
      for (let transaction = 0; transaction <= Math.min(used, 2); transaction++) {
        yield [...before, { do: 'write', transaction, sector, sectors }];
      }
    }
  }
}

/** Scripts of up to `updatesMax` updates, short ones first. Each call gives the same sequence. */
export function* smallScripts(updatesMax: number): Generator<Op[]> {
  for (let updates = 1; updates <= updatesMax; updates++) {
    for (const event of EVENTS) {
      for (const list of writes(updates)) {
        const places = event.length === 0 ? [updates] : Array.from({ length: updates }, (_, i) => i + 1);
        for (const place of places) yield withCloses([...list.slice(0, place), ...event, ...list.slice(place)]);
      }
    }
  }
}

/** Closes each transaction after its last write. */
function withCloses(ops: Op[]): Op[] {
  const last = new Map<number, number>();
  ops.forEach((op, i) => {
    if (op.do === 'write') last.set(op.transaction, i);
  });
  return ops.flatMap((op, i): Op[] =>
    op.do === 'write' && last.get(op.transaction) === i ? [op, { do: 'close', transaction: op.transaction }] : [op],
  );
}

/** After a recovery, the operator starts a resync while the application writes. */
export const AFTER_CRASH: readonly Op[] = [{ do: 'resync' }, { do: 'write', transaction: 0, sector: 0, sectors: 1 }];
