/**
 * Random reads and writes of a bare device by the I/O ring, resubmitted as they complete, and the cases that fio
 * measures too.
 */
import { randomFillSync } from 'node:crypto';
import { NS_PER_MS } from '../base/clock.js';
import { CampaignError } from '../campaign/errors.js';
import { createIoRing } from '../blockdev/ioRing.js';
import { errnoName } from '../blockdev/errors.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import { IO_OP, type IoRing, type OpenDevice } from '../blockdev/blockDevice.js';
import { createPrng } from '../base/prng.js';

export interface IoCase {
  name: string;
  access: 'write' | 'read';
  blockBytes: number;
  depth: number;
}

const SHAPES = [
  { block: '4 KiB', blockBytes: 4096, depth: 1 },
  { block: '4 KiB', blockBytes: 4096, depth: 32 },
  { block: '4 KiB', blockBytes: 4096, depth: 128 },
  { block: '64 KiB', blockBytes: 65_536, depth: 32 },
  { block: '1 MiB', blockBytes: 2 ** 20, depth: 8 },
] as const;

export const IO_CASES: readonly IoCase[] = (['write', 'read'] as const).flatMap((access) =>
  SHAPES.map(({ block, blockBytes, depth }) => ({
    name: `${block} random ${access}s, depth ${depth}`,
    access,
    blockBytes,
    depth,
  })),
);

/** The JIT compiler learns from it. */
export const WARM_UP_CASE = IO_CASES.find((c) => c.access === 'write' && c.blockBytes === 4096 && c.depth === 32)!;

export interface IoSample {
  iosPerSecond: number;
  /** User and system time of the process, without the kernel threads of a loop device. */
  cpuMicrosecondsPerIo: number;
}

/** Interval of turns of the event loop, in which signals are handled; so seldom that they cost almost nothing. */
const YIELD_MS = 100;
/** A device without a completion for this time has failed. */
const UNRESPONSIVE_NS = 30e9;
const SEED = 1;

/** @throws CampaignError HARDWARE_FAILED at the first I/O that fails, INTERRUPTED through `yieldToSignals`. */
export async function runRaw(
  io: IoCase,
  device: OpenDevice,
  ffi: FfiName,
  sizeBytes: number,
  forMs: number,
  breathe: () => Promise<void>,
): Promise<IoSample> {
  const ring = createIoRing({ ffi, depth: io.depth, arenaBytes: io.depth * io.blockBytes, devices: [device] });
  try {
    randomFillSync(ring.arena);
    return await measure(new RandomAccess(ring, io, sizeBytes), forMs, breathe);
  } finally {
    ring.close();
  }
}

async function measure(access: RandomAccess, forMs: number, breathe: () => Promise<void>): Promise<IoSample> {
  const cpu = process.cpuUsage();
  // The clock of the ring: its time stamps cost nothing more, where fio reads its clock for the same purpose.
  const started = Number(process.hrtime.bigint()) / NS_PER_MS;
  let yieldedMs = started;
  let ios = 0;
  let nowMs: number;
  access.fill();
  do {
    ios += access.step();
    nowMs = access.completedMs;
    if (nowMs - yieldedMs < YIELD_MS) continue;
    yieldedMs = nowMs;
    await breathe();
  } while (nowMs - started < forMs);
  const used = process.cpuUsage(cpu);
  return { iosPerSecond: (ios * 1000) / (nowMs - started), cpuMicrosecondsPerIo: (used.user + used.system) / ios };
}

class RandomAccess {
  private readonly ring: IoRing;
  private readonly io: IoCase;
  private readonly blockCount: number;
  private readonly prng = createPrng(SEED);
  /** When the last completion was taken. */
  completedMs = 0;

  constructor(ring: IoRing, io: IoCase, sizeBytes: number) {
    this.ring = ring;
    this.io = io;
    this.blockCount = Math.floor(sizeBytes / io.blockBytes);
  }

  fill(): void {
    for (let buffer = 0; buffer < this.io.depth; buffer++) this.push(buffer);
  }

  /** Takes at least one completion and submits as many new I/Os. Returns their number. */
  step(): number {
    const { ring } = this;
    const taken = ring.submitAndReap(1, UNRESPONSIVE_NS);
    if (taken === 0)
      throw new CampaignError('HARDWARE_FAILED', `no I/O completed in ${UNRESPONSIVE_NS / 1e9} s; see \`dmesg\``);
    for (let i = 0; i < taken; i++) {
      const result = ring.result(i);
      if (result < 0)
        throw new CampaignError(
          'HARDWARE_FAILED',
          `a ${this.io.access} failed with ${errnoName(result)}; see \`dmesg\``,
        );
      this.push(ring.tag(i));
    }
    this.completedMs = ring.completedNs(0) / NS_PER_MS;
    return taken;
  }

  private push(buffer: number): void {
    const { blockBytes } = this.io;
    const offset = this.prng.nextBelow(this.blockCount) * blockBytes;
    this.ring.push(IO_OP[this.io.access], 0, buffer, offset, blockBytes, buffer * blockBytes);
  }
}
