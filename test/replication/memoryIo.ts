/** An I/O ring over two areas in memory that hold the base pattern of run `RUN`. */
import { IO_OP, type IoOp, type IoRing } from '../../src/blockdev/blockDevice.js';
import { sectorTools } from '../../src/blockdev/sectorTools.js';
import { BULK_ARENA_BYTES } from '../../src/replication/scan/bulk.js';

export const RUN = 9;
const tools = sectorTools('koffi');

export interface MemoryTransfer {
  op: IoOp;
  device: number;
  tag: number;
  offset: number;
  length: number;
  at: number;
}

export class MemoryIo implements IoRing {
  readonly kind = 'threads';
  readonly ffi = 'koffi';
  readonly depth = 64;
  readonly arena = Buffer.alloc(BULK_ARENA_BYTES);
  readonly areas: readonly [Buffer, Buffer];
  /** All that was pushed, in order. */
  readonly pushed: MemoryTransfer[] = [];
  inFlightMax = 0;
  /** Which of the I/Os in flight complete at a reap; default: all. */
  answers: (pending: readonly MemoryTransfer[]) => readonly MemoryTransfer[] = (pending) => pending;
  private readonly refuse: (device: number, offset: number, length: number) => number;
  private pending: MemoryTransfer[] = [];
  private taken: { tag: number; result: number }[] = [];

  /** `refuse` returns the errno of each I/O; 0: it succeeds. */
  constructor(areaBytes: number, refuse: (device: number, offset: number, length: number) => number = () => 0) {
    this.refuse = refuse;
    this.areas = [Buffer.alloc(areaBytes), Buffer.alloc(areaBytes)];
    for (const area of this.areas)
      tools.stamp(area, 0, areaBytes, { runId: RUN, updateId: 0, transactionId: 0, firstLba: 0 });
  }

  get inFlight(): number {
    return this.pending.length;
  }

  push(op: IoOp, device: number, tag: number, offset: number, length: number, at: number): void {
    if (this.pending.length >= this.depth) throw new RangeError(`push: ${this.depth} descriptors are in flight`);
    const io = { op, device, tag, offset, length, at };
    this.pushed.push(io);
    this.pending.push(io);
    this.inFlightMax = Math.max(this.inFlightMax, this.pending.length);
  }

  submitAndReap(): number {
    const answered = [...this.answers(this.pending)];
    this.pending = this.pending.filter((io) => !answered.includes(io));
    this.taken = answered.map((io) => ({ tag: io.tag, result: this.perform(io) }));
    return this.taken.length;
  }

  private perform({ op, device, offset, length, at }: MemoryTransfer): number {
    const errno = this.refuse(device, offset, length);
    if (errno !== 0) return -errno;
    const area = this.areas[device]!;
    if (op === IO_OP.read) area.copy(this.arena, at, offset, offset + length);
    if (op === IO_OP.write) this.arena.copy(area, offset, at, at + length);
    return length;
  }

  tag = (i: number): number => this.taken[i]!.tag;
  result = (i: number): number => this.taken[i]!.result;
  submittedNs = (): number => 0;
  completedNs = (): number => 0;
  unanswered = (device: number): number => this.pending.filter((io) => io.device === device).length;
  discard = (): number => this.pending.length;
  close = (): void => undefined;
}
