/**
 * What passes between the main thread and a worker that does not look at its event loop: flags in shared memory. The
 * worker asks for them in every round of its loops; the main thread only sets them.
 */
import type { AreaName } from '../rig/resolved.js';

const STOP = 0;
const POWER_LOST = 1;
const WORDS = 2;

export const AREA_NAMES = ['primary', 'secondary', 'journal'] as const satisfies readonly AreaName[];

export class Control {
  readonly memory: SharedArrayBuffer;
  private readonly words: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(WORDS * 4)) {
    this.memory = memory;
    this.words = new Int32Array(memory);
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

  announcePowerLoss(areas: readonly AreaName[]): void {
    for (const area of areas) Atomics.or(this.words, POWER_LOST, 1 << AREA_NAMES.indexOf(area));
  }

  /** Areas announced since the last call, as device indices. */
  takePowerLoss(): number[] {
    const mask = Atomics.exchange(this.words, POWER_LOST, 0);
    return mask === 0 ? [] : [0, 1, 2].filter((i) => (mask & (1 << i)) !== 0);
  }
}
