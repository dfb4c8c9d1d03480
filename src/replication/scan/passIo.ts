/**
 * The I/Os of one pass: started in any order, awaited one by one. So a pass keeps reads in flight while it works on
 * those that have arrived, and can read single blocks again in between.
 */
import { AREA_NAMES } from '../../base/areas.js';
import type { IoRing, IoOp } from '../../blockdev/blockDevice.js';
import { ReplicationError } from '../errors.js';

const SLICE_NS = 100e6;

/** The ring of a bulk pass: nothing else uses it meanwhile. */
export interface BulkRing {
  readonly io: IoRing;
  /** Asked while no device answers. True: the pass ends, and leaves the unanswered I/O in the ring. */
  readonly stopRequested: () => boolean;
}

export interface BulkTransfer {
  op: IoOp;
  device: number;
  offsetBytes: number;
  lengthBytes: number;
  arenaOffset: number;
  /** 0, or the errno; absent: not completed. */
  errno?: number;
}

export class PassIo {
  private readonly bulk: BulkRing;
  /** By tag. */
  private readonly started: (BulkTransfer | null)[] = [];
  private readonly freeTags: number[] = [];

  /** @throws ReplicationError ENGINE_STATE when I/O of a stopped pass is in flight */
  constructor(bulk: BulkRing) {
    const { inFlight } = bulk.io;
    if (inFlight > 0)
      throw new ReplicationError('ENGINE_STATE', `${inFlight} I/Os of a stopped pass are in flight; abandon first`);
    this.bulk = bulk;
  }

  get arena(): Buffer {
    return this.bulk.io.arena;
  }

  /** At most `io.depth` may be in flight. The device gets the I/O with the next `submit` or `wait`. */
  start(transfer: BulkTransfer): void {
    const tag = this.freeTags.pop() ?? this.started.length;
    this.started[tag] = transfer;
    transfer.errno = undefined;
    const { op, device, offsetBytes, lengthBytes, arenaOffset } = transfer;
    this.bulk.io.push(op, device, tag, offsetBytes, lengthBytes, arenaOffset);
  }

  /** Gives what was started to the devices, and takes what has completed, without waiting. */
  submit(): void {
    this.take(this.bulk.io.submitAndReap(0, 0));
  }

  /**
   * Waits until the transfer has completed.
   *
   * @throws ReplicationError ENGINE_STOPPED when a stop is requested and no device answers: an array that keeps I/O
   * until its power is back would otherwise hold the pass as long. The ring is of no use then, but to be discarded.
   */
  wait(transfer: BulkTransfer): void {
    while (transfer.errno === undefined) this.reap();
  }

  /** Starts all and waits for all. */
  perform(transfers: readonly BulkTransfer[]): void {
    for (const t of transfers) this.start(t);
    for (const t of transfers) this.wait(t);
  }

  /** Waits for all that is in flight: another pass may use the ring then. @throws as `wait` */
  end(): void {
    while (this.freeTags.length < this.started.length) this.reap();
  }

  private reap(): void {
    const { io, stopRequested } = this.bulk;
    // In slices: the main thread can terminate this thread between two of them, also when a device never answers.
    const n = io.submitAndReap(1, SLICE_NS);
    if (n === 0 && stopRequested()) {
      const left = this.started.length - this.freeTags.length;
      throw new ReplicationError('ENGINE_STOPPED', `stopped while ${left} I/Os were unanswered`);
    }
    this.take(n);
  }

  private take(n: number): void {
    const { io } = this.bulk;
    for (let i = 0; i < n; i++) {
      const tag = io.tag(i);
      const transfer = this.started[tag]!;
      const result = io.result(i);
      transfer.errno = result < 0 ? -result : 0;
      this.started[tag] = null;
      this.freeTags.push(tag);
    }
  }
}

/** Performs all transfers, at most `io.depth`, and waits for them. Sets `errno` of each. @throws as `PassIo` */
export function transferAll(bulk: BulkRing, transfers: readonly BulkTransfer[]): void {
  new PassIo(bulk).perform(transfers);
}

/** @throws ReplicationError ENGINE_AREA_LOST when the transfer failed */
export function throwIfFailed(transfer: BulkTransfer): void {
  const { errno = 0 } = transfer;
  if (errno === 0) return;
  const area = AREA_NAMES[transfer.device];
  throw new ReplicationError(
    'ENGINE_AREA_LOST',
    `${area}: I/O at byte ${transfer.offsetBytes} failed with errno ${errno}; this step needs the device`,
    { area, offsetBytes: transfer.offsetBytes, errno },
  );
}

/** Like `transferAll`; the first failure ends the pass. @throws ReplicationError ENGINE_AREA_LOST */
export function transferOrThrow(bulk: BulkRing, transfers: readonly BulkTransfer[]): void {
  transferAll(bulk, transfers);
  transfers.forEach(throwIfFailed);
}
