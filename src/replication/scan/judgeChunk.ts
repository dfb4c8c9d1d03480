/**
 * Judges one chunk that was read from an area: a scan by blocks counts what is as expected; the other blocks are
 * observed sector by sector and classified, suspects after a second read.
 */
import type { StorageArea } from '../../base/areas.js';
import {
  BLOCK_BYTES,
  BLOCK_HOLDS,
  OBSERVATION_FIELD,
  OBSERVED_UNREADABLE,
  SECTOR_BYTES,
  SECTORS_PER_BLOCK,
} from '../../base/observation.js';
import type { SectorTools } from '../../blockdev/blockDevice.js';
import { classifyChunk } from '../../judge/classify/classify.js';
import { countExpected, sectorsOf } from '../../judge/classify/expected.js';
import type { AreaTally } from '../../judge/classify/tally.js';
import type { HistoryRecorder } from '../../judge/history/recorder.js';
import { CHUNK_BYTES } from './bulk.js';
import type { BulkTransfer, PassIo } from './passIo.js';
import { refusedOnce, unreadableIn } from './readAhead.js';

const STRIDE = OBSERVATION_FIELD.strideDoubles;

export interface ChunkJudgeParts {
  io: PassIo;
  tools: SectorTools;
  history: HistoryRecorder;
  area: StorageArea;
  tally: AreaTally;
  /** Whether the history adopts what the chunk holds. */
  adopts: boolean;
}

export class ChunkJudge {
  private readonly p: ChunkJudgeParts;
  private readonly held = new Float64Array(CHUNK_BYTES / BLOCK_BYTES);
  private readonly room = new Float64Array((CHUNK_BYTES / SECTOR_BYTES) * STRIDE);

  constructor(parts: ChunkJudgeParts) {
    this.p = parts;
  }

  judge(read: BulkTransfer): void {
    const { io, tools, history, area, tally } = this.p;
    countRefusal(read, tally);
    const at = { runId: history.history.runId, firstLba: read.offsetBytes / SECTOR_BYTES };
    tools.scanBlocks(io.arena, read.arenaOffset, read.lengthBytes, at, this.held);
    for (const block of unreadableIn(read)) this.held[block / BLOCK_BYTES] = BLOCK_HOLDS.mixed;
    const sectors = read.lengthBytes / SECTOR_BYTES;
    const chunk = { area, firstBlock: read.offsetBytes / BLOCK_BYTES, sectors, held: this.held };
    for (const run of countExpected(chunk, history.history, tally))
      this.classify(read, run.first * SECTORS_PER_BLOCK, sectorsOf(run, sectors));
  }

  /** Sectors of the chunk, from the first of a block. */
  private classify(read: BulkTransfer, from: number, sectors: number): void {
    const { io, history, area, tally, adopts } = this.p;
    const seen = this.room.subarray(0, sectors * STRIDE);
    this.observe(read, from, seen);
    const chunkLba = read.offsetBytes / SECTOR_BYTES;
    const sectorBytes = (lba: number): Uint8Array => {
      const at = read.arenaOffset + (lba - chunkLba) * SECTOR_BYTES;
      return io.arena.subarray(at, at + SECTOR_BYTES);
    };
    const firstLba = chunkLba + from;
    const { suspects } = classifyChunk(area, firstLba, seen, history.history, { tally, sectorBytes });
    if (suspects.length > 0) {
      const rereads = this.reread(read, suspects);
      classifyChunk(area, firstLba, seen, history.history, { tally, sectorBytes, rereads });
    }
    if (adopts) history.adopt(area, firstLba / SECTORS_PER_BLOCK, seen);
  }

  private observe(read: BulkTransfer, from: number, out: Float64Array): void {
    const start = from * SECTOR_BYTES;
    const sectors = out.length / STRIDE;
    this.p.tools.scan(this.p.io.arena, read.arenaOffset + start, sectors * SECTOR_BYTES, out);
    for (const block of unreadableIn(read)) {
      for (let s = block / SECTOR_BYTES - from, i = 0; i < SECTORS_PER_BLOCK; s++, i++)
        if (s >= 0 && s < sectors) out[s * STRIDE + OBSERVATION_FIELD.kind] = OBSERVED_UNREADABLE;
    }
  }

  /** Reads the blocks of suspect sectors again, in place, and returns the new observations of these sectors. */
  private reread(read: BulkTransfer, suspects: readonly number[]): Map<number, Float64Array> {
    const { io, tools } = this.p;
    const firstLba = read.offsetBytes / SECTOR_BYTES;
    const blockOf = (lba: number): number => Math.floor(((lba - firstLba) * SECTOR_BYTES) / BLOCK_BYTES) * BLOCK_BYTES;
    const answered = new Map<number, boolean>();
    for (const lba of suspects) answered.set(blockOf(lba), true);
    for (const at of answered.keys()) {
      const block: BulkTransfer = {
        op: read.op,
        device: read.device,
        offsetBytes: read.offsetBytes + at,
        lengthBytes: Math.min(BLOCK_BYTES, read.lengthBytes - at),
        arenaOffset: read.arenaOffset + at,
      };
      io.perform([block]);
      answered.set(at, block.errno === 0);
    }
    const observed = new Map<number, Float64Array>();
    for (const lba of suspects) {
      const out = new Float64Array(STRIDE);
      tools.scan(io.arena, read.arenaOffset + (lba - firstLba) * SECTOR_BYTES, SECTOR_BYTES, out);
      if (answered.get(blockOf(lba)) === false) out[OBSERVATION_FIELD.kind] = OBSERVED_UNREADABLE;
      observed.set(lba, out);
    }
    return observed;
  }
}

export function countRefusal(read: BulkTransfer, tally: AreaTally): void {
  if (!refusedOnce(read)) return;
  tally.addFault('latent-error', {
    lba: read.offsetBytes / SECTOR_BYTES,
    expected: 'an answer',
    found: `errno ${read.errno ?? 0}, and an answer when read again`,
  });
}
