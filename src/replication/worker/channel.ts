/**
 * The channel between the main thread and the worker. Messages carry commands, results and events. `Control` holds
 * flags in shared memory: the worker never looks at its event loop while it works, but reads the flags in every round
 * of its loops.
 */
import { AREA_NAMES, type AreaName } from '../../base/areas.js';
import type { HostPause } from '../../base/attendedTime.js';
import type { AreaFailure, PointEvent, ReplicationEngine, ReplicationSnapshot } from '../replicationEngine.js';

/** Commands that the worker performs one after the other. */
export type ReplicationCommand = Exclude<
  keyof ReplicationEngine,
  'stop' | 'sendPoint' | 'disarmPoint' | 'powerLost' | 'terminate' | 'unanswered'
>;

export type ToWorker = { type: 'command'; id: number; command: ReplicationCommand; args: unknown[] } | { type: 'poke' };

/** A message keeps no class of an error; so it carries name, code and context. */
export interface CarriedError {
  name: string;
  message: string;
  code?: string;
  context?: Record<string, unknown>;
  stack?: string;
}

export type FromWorker =
  | { type: 'result'; id: number; value: unknown }
  | { type: 'error'; id: number; error: CarriedError }
  | { type: 'snapshot'; snapshot: ReplicationSnapshot }
  | { type: 'failure'; failure: AreaFailure }
  | { type: 'point'; event: PointEvent }
  | { type: 'loadBegan' }
  | { type: 'pause'; pause: HostPause }
  | { type: 'powerLossTaken' };

const STOP = 0;
const POWER_LOST = 1;
const DISARM = 2;
/** One word per device. */
const UNANSWERED = 3;
const WORDS = 6;
/** After the words: when the I/O held back at a cut point must be in flight, in ns; 0: not known yet. */
const SEND_AT_BYTES = WORDS * 4;
const CONTROL_BYTES = SEND_AT_BYTES + 8;

const NONE: readonly number[] = [];

export class Control {
  readonly memory: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly sendAt: BigInt64Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(CONTROL_BYTES)) {
    this.memory = memory;
    this.words = new Int32Array(memory, 0, WORDS);
    this.sendAt = new BigInt64Array(memory, SEND_AT_BYTES, 1);
  }

  requestStop(): void {
    Atomics.store(this.words, STOP, 1);
  }

  clearStop(): void {
    Atomics.store(this.words, STOP, 0);
  }

  get stopRequested(): boolean {
    return Atomics.load(this.words, STOP) === 1;
  }

  sendPointAt(ns: number): void {
    Atomics.store(this.sendAt, 0, BigInt(Math.max(1, Math.round(ns))));
  }

  /** CLOCK_MONOTONIC ns; null: the main thread has not set it yet. */
  get pointSendNs(): number | null {
    const ns = Number(Atomics.load(this.sendAt, 0));
    return ns === 0 ? null : ns;
  }

  disarmPoint(): void {
    Atomics.store(this.words, DISARM, 1);
  }

  get pointDisarmed(): boolean {
    return Atomics.load(this.words, DISARM) === 1;
  }

  /** Before a phase with a cut point starts: resets the flags of an earlier point. */
  clearPoint(): void {
    Atomics.store(this.words, DISARM, 0);
    Atomics.store(this.sendAt, 0, 0n);
  }

  setUnanswered(device: number, count: number): void {
    Atomics.store(this.words, UNANSWERED + device, count);
  }

  /** I/Os that the worker still waits for while it closes a ring; areas without any are left out. */
  unanswered(): Partial<Record<AreaName, number>> {
    const counts = AREA_NAMES.map((area, i) => [area, Atomics.load(this.words, UNANSWERED + i)] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  announcePowerLoss(areas: readonly AreaName[]): void {
    for (const area of areas) Atomics.or(this.words, POWER_LOST, 1 << AREA_NAMES.indexOf(area));
  }

  /** Areas announced since the last call, as device indices. */
  takePowerLoss(): readonly number[] {
    // Asked in every round of the loops: no object while there is nothing to take.
    if (Atomics.load(this.words, POWER_LOST) === 0) return NONE;
    const mask = Atomics.exchange(this.words, POWER_LOST, 0);
    return [0, 1, 2].filter((i) => (mask & (1 << i)) !== 0);
  }
}
