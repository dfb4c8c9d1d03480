/** Our I/O engine on a bare device: random writes, refilled as they complete, as fio does it. */
import { randomFillSync } from 'node:crypto';
import { CampaignError } from '../campaign/errors.js';
import { createIoRing } from '../blockdev/ioRing.js';
import { errnoName } from '../blockdev/errors.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import { IO_OP, type IoRing, type OpenDevice } from '../blockdev/blockDevice.js';
import { createPrng } from '../base/prng.js';
import type { IoCase, IoSample } from './ioCases.js';

/** Signals are let in this often; a turn of the event loop costs next to nothing then. */
const BREATH_MS = 100;
/** A device that answers nothing for so long has failed. */
const SILENCE_NS = 30e9;
const SEED = 1;

/** @throws CampaignError HARDWARE_FAILED at the first I/O that fails, INTERRUPTED through `breathe`. */
export async function runRaw(
  io: IoCase,
  device: OpenDevice,
  ffi: FfiName,
  sizeBytes: number,
  forMs: number,
  breathe: () => Promise<void>,
): Promise<IoSample> {
  const engine = createIoRing({ ffi, depth: io.depth, arenaBytes: io.depth * io.blockBytes, devices: [device] });
  try {
    randomFillSync(engine.arena);
    return await measure(new RandomWriter(engine, io, sizeBytes), forMs, breathe);
  } finally {
    engine.close();
  }
}

async function measure(writer: RandomWriter, forMs: number, breathe: () => Promise<void>): Promise<IoSample> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  let breathedMs = started;
  let ios = 0;
  let nowMs: number;
  writer.fill();
  do {
    ios += writer.step();
    nowMs = performance.now();
    if (nowMs - breathedMs < BREATH_MS) continue;
    breathedMs = nowMs;
    await breathe();
  } while (nowMs - started < forMs);
  const used = process.cpuUsage(cpu);
  return { iosPerSecond: (ios * 1000) / (nowMs - started), cpuMicrosecondsPerIo: (used.user + used.system) / ios };
}

class RandomWriter {
  private readonly engine: IoRing;
  private readonly io: IoCase;
  private readonly blockCount: number;
  private readonly prng = createPrng(SEED);

  constructor(engine: IoRing, io: IoCase, sizeBytes: number) {
    this.engine = engine;
    this.io = io;
    this.blockCount = Math.floor(sizeBytes / io.blockBytes);
  }

  fill(): void {
    for (let buffer = 0; buffer < this.io.depth; buffer++) this.push(buffer);
  }

  /** Takes what has completed, at least one, and pushes as many again. Returns how many. */
  step(): number {
    const { engine } = this;
    const taken = engine.submitAndReap(1, SILENCE_NS);
    if (taken === 0)
      throw new CampaignError('HARDWARE_FAILED', `no write completed in ${SILENCE_NS / 1e9} s; see the kernel log`);
    for (let i = 0; i < taken; i++) {
      const result = engine.result(i);
      if (result < 0)
        throw new CampaignError('HARDWARE_FAILED', `a write failed with ${errnoName(result)}; see the kernel log`);
      this.push(engine.tag(i));
    }
    return taken;
  }

  private push(buffer: number): void {
    const { blockBytes } = this.io;
    const offset = this.prng.nextBelow(this.blockCount) * blockBytes;
    this.engine.push(IO_OP.write, 0, buffer, offset, blockBytes, buffer * blockBytes);
  }
}
