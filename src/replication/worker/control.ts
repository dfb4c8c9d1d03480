/**
 * What passes between the main thread and a worker that does not look at its event loop: flags in shared memory. The
 * worker asks for them in every round of its loops; the main thread only sets them.
 */
import { AREA_NAMES, type AreaName } from '../../base/areas.js';

const STOP = 0;
const POWER_LOST = 1;
const DISARM = 2;
/** One word a device. */
const UNANSWERED = 3;
const WORDS = 6;
/** Behind the words: when an I/O held back at its point is to go out, in ns; 0: not yet. */
const SEND_AT_BYTES = WORDS * 4;
const CONTROL_BYTES = SEND_AT_BYTES + 8;

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

  /** CLOCK_MONOTONIC ns; null: nobody has said yet. */
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

  /** Before a work with a point begins: what was said of an earlier one is void. */
  clearPoint(): void {
    Atomics.store(this.words, DISARM, 0);
    Atomics.store(this.sendAt, 0, 0n);
  }

  setUnanswered(device: number, count: number): void {
    Atomics.store(this.words, UNANSWERED + device, count);
  }

  /** What the devices are waited for to answer, as the worker lets go of them; areas without any are left out. */
  unanswered(): Partial<Record<AreaName, number>> {
    const counts = AREA_NAMES.map((area, i) => [area, Atomics.load(this.words, UNANSWERED + i)] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  announcePowerLoss(areas: readonly AreaName[]): void {
    for (const area of areas) Atomics.or(this.words, POWER_LOST, 1 << AREA_NAMES.indexOf(area));
  }

  /** Areas announced since the last call, as device indices. */
  takePowerLoss(): number[] {
    const mask = Atomics.exchange(this.words, POWER_LOST, 0);
    return mask === 0 ? [] : [0, 1, 2].filter((i) => (mask & (1 << i)) !== 0);
  }
}
