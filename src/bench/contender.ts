/**
 * The contenders of `bench core`, and the stream of updates that all of them process. Each keeps a number of updates in
 * flight, and `run` obtains and acknowledges further ones.
 *
 *   core    the complete protocol: evidence, log, order, acknowledgement, indicators; only the devices are missing
 *   sets    the core's update sets and indicators alone, which do what `plain` does
 *   plain   Map<region, Set<update>> and Map<update, region>, because an acknowledgement names its update only
 */
import { createPrng } from '../base/prng.js';

export type Kind = 'core' | 'sets' | 'plain';

export interface Contender {
  /** Obtains and acknowledges `pairs` updates; the number in flight is the same afterwards. */
  run(pairs: number): void;
}

export interface StreamShape {
  regionCount: number;
  /** `sequential`: one region after the other; `random`: uniform. */
  addresses: 'sequential' | 'random';
  acks: 'in-order' | 'random';
}

/** More than fits into a processor cache, so that repeating the draws adds no locality. */
const DRAWN = 1 << 20;
const TO_UNIT = 2 ** -32;

/** Which region comes next, and which update in flight is acknowledged next. Drawn before the measurement. */
export class UpdateStream {
  readonly shape: StreamShape;
  private readonly regions: Uint32Array;
  private readonly picks: Uint32Array;
  private at = 0;
  private pickAt = 0;

  constructor(shape: StreamShape, seed: number) {
    const prng = createPrng(seed);
    this.shape = shape;
    this.regions = new Uint32Array(DRAWN);
    for (let i = 0; i < DRAWN; i++) {
      this.regions[i] = shape.addresses === 'random' ? prng.nextBelow(shape.regionCount) : i % shape.regionCount;
    }
    this.picks =
      shape.acks === 'random' ? Uint32Array.from({ length: DRAWN }, () => prng.nextBelow(2 ** 32)) : new Uint32Array(0);
  }

  nextRegion(): number {
    this.at = (this.at + 1) & (DRAWN - 1);
    return this.regions[this.at];
  }

  /** 0 … count-1. */
  nextPick(count: number): number {
    this.pickAt = (this.pickAt + 1) & (DRAWN - 1);
    return (this.picks[this.pickAt] * TO_UNIT * count) | 0;
  }
}

/** The updates that can be acknowledged: a queue, or a set from which one is drawn. */
export class Ready {
  private readonly stream: UpdateStream;
  private readonly isQueue: boolean;
  private readonly items: Int32Array;
  private readonly mask: number;
  private head = 0;
  private length = 0;

  /** `capacity`: the maximum number of updates. */
  constructor(stream: UpdateStream, capacity: number) {
    let size = 1;
    while (size <= capacity) size *= 2;
    this.stream = stream;
    this.isQueue = stream.shape.acks === 'in-order';
    this.items = new Int32Array(size);
    this.mask = size - 1;
  }

  get count(): number {
    return this.length;
  }

  put(item: number): void {
    this.items[(this.head + this.length++) & this.mask] = item;
  }

  /** Only while `count` is more than 0. */
  take(): number {
    this.length--;
    if (this.isQueue) {
      const item = this.items[this.head];
      this.head = (this.head + 1) & this.mask;
      return item;
    }
    const i = this.stream.nextPick(this.length + 1);
    const item = this.items[i];
    this.items[i] = this.items[this.length];
    return item;
  }
}
