/**
 * The alphabet of a history: what the application and the operator do (`Op`, in the order of a script), and what the
 * devices do (in any order). A trace is a list of steps, and replays by itself.
 */
import type { Scene } from './geometry.js';

export type AreaName = 'P' | 'S';
export type DeviceName = AreaName | 'J';

export type Op =
  /** The application writes whole sectors in a transaction, which it begins if need be. */
  | { do: 'write'; transaction: number; sector: number; sectors: number }
  | { do: 'close'; transaction: number }
  | { do: 'tick'; ms: number }
  /** Power of one device goes, while the host runs on. */
  | { do: 'cut'; device: DeviceName }
  /** S has power again and is attached when nothing of before is in flight on it. */
  | { do: 'back' }
  /** The supply of an area fails and is back before the next command; the bench has counted it and tells. */
  | { do: 'blink'; device: AreaName }
  /** The oldest write in flight on the device ends with an error. */
  | { do: 'fail'; device: DeviceName }
  /** The flush under way fails; what it should have covered is lost, and the next one will succeed. */
  | { do: 'failFlush'; device: DeviceName }
  /** The latest report of an ended write comes once more. */
  | { do: 'repeat'; device: AreaName }
  | { do: 'resync' }
  | { do: 'stopResync' }
  | { do: 'giveUp' }
  | { do: 'drain' };

/** Which devices lose their power in a crash; the host always goes. */
export interface CrashStep {
  do: 'crash';
  /** P keeps its volatile cache (only the host died); what was in flight to it has arrived ('kept') or not. */
  primary: 'lost' | 'kept';
  /** Per pending journal write, oldest first: bits of the blocks that are there. */
  journal: number[];
}

export type DeviceStep =
  | { do: 'end'; device: AreaName; version: number }
  | { do: 'read'; version: number }
  | { do: 'flushed'; device: DeviceName }
  | { do: 'journalEnd'; ordinal: number };

/** What becomes of a block: for `both` and `torn` of its copy as well, for `lost and garbage` the block is lost and its copy garbage. */
export type DamageKind = 'garbage' | 'zero' | 'lost' | 'both' | 'torn' | 'lost and garbage';

/** A crash, and a block of the journal is damaged: the end of a trace. */
export interface DamageStep {
  do: 'damage';
  place: number;
  kind: DamageKind;
  /** As in a crash step. */
  journal?: number[];
}

export type Step = Op | DeviceStep | CrashStep | DamageStep;

export interface Trace {
  scene: Scene;
  steps: Step[];
  /** Inputs that come without a pump of the core behind them: indices of `steps`. */
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

export function isOp(step: Step): step is Op {
  return OPS.has(step.do);
}

const DAMAGE_TEXT: Record<DamageKind, string> = {
  garbage: 'garbage',
  zero: 'zero',
  lost: 'lost: it has its first content again',
  both: 'garbage, and so is its copy',
  torn: 'torn while it was written, and so is its copy',
  'lost and garbage': 'lost: it has its first content again; and its copy is garbage',
};

export function stepText(step: Step): string {
  switch (step.do) {
    case 'write':
      return `write t${step.transaction} sector ${step.sector}${step.sectors > 1 ? `-${step.sector + step.sectors - 1}` : ''}`;
    case 'close':
      return `close t${step.transaction}`;
    case 'tick':
      return `${step.ms} ms pass`;
    case 'cut':
      return `power of ${step.device} goes`;
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
      return `u${step.version} ends on ${step.device}`;
    case 'read':
      return `copy u${step.version} has read P`;
    case 'flushed':
      return `flush of ${step.device} ends`;
    case 'journalEnd':
      return `journal write ${step.ordinal} ends`;
    case 'damage':
      return `crash; block ${step.place} of the journal is ${DAMAGE_TEXT[step.kind]}`;
    case 'crash':
      return `crash; P ${step.primary === 'lost' ? 'without power' : 'keeps its cache'}, journal keeps ${step.journal.map((p) => `0x${p.toString(16)}`).join(', ') || 'what was durable'}; recovery`;
  }
}
