/**
 * The judge: one pass over P and S. It classifies every sector by the history, compares every region, and checks the
 * result against D (I1, I2). Then it records the content of the media in the history. The verify pass after the resync
 * compares P with that content, and S with P: damage on P that a copy has taken to S is on both.
 */
import type { StorageArea } from '../../base/areas.js';
import type { RegionSet } from '../../tracker/core/regionSet.js';
import { PRIMARY, SECONDARY } from '../../tracker/core/devices.js';
import { IO_OP, type SectorTools } from '../../blockdev/blockDevice.js';
import { classifyChunk } from '../../judge/classify/classify.js';
import type { HistoryRecorder } from '../../judge/history/recorder.js';
import type { JudgeReport, VerifyReport } from '../../judge/verdict/reports.js';
import { AreaTally, SAMPLES_MAX } from '../../judge/classify/tally.js';
import type { JournalGeometry } from '../../tracker/journal/format.js';
import { BLOCK_BYTES, OBSERVATION_FIELD, OBSERVED_UNREADABLE, SECTOR_BYTES } from '../../base/observation.js';
import { CHUNK_BYTES, transferAll, windows, type BulkRing, type BulkTransfer } from './bulk.js';
import { compareAreas, compareChunk, DifferingRegions, readWindow, refusedOnce, unreadableIn } from './compare.js';

const STRIDE = OBSERVATION_FIELD.strideDoubles;
const AREAS = [
  { area: 'primary', device: PRIMARY },
  { area: 'secondary', device: SECONDARY },
] as const satisfies readonly { area: StorageArea; device: number }[];

export interface LookParts {
  bulk: BulkRing;
  tools: SectorTools;
  geometry: JournalGeometry;
  history: HistoryRecorder;
  /** Called after each window with the bytes done. False: stop. */
  progress: (doneBytes: number) => boolean;
}

export interface JudgeParts extends LookParts {
  /** D */
  dirty: RegionSet;
}

/** Null: it was stopped. */
export function judgeAreas(p: JudgeParts): JudgeReport | null {
  const started = performance.now();
  const { geometry, dirty } = p;
  const tallies = { primary: new AreaTally('primary'), secondary: new AreaTally('secondary') };
  const observations = roomForAChunk();
  const differing = new DifferingRegions(geometry.regionBytes);
  for (const chunks of windows(geometry.usableBytes)) {
    const reads = readWindow(p.bulk, chunks);
    chunks.forEach((chunk, i) => {
      for (const { area, device } of AREAS) {
        const seen = judgeChunk(p, area, device, reads[device][i], observations, tallies[area]);
        p.history.adopt(area, chunk.offsetBytes / BLOCK_BYTES, seen);
      }
      compareChunk(p, reads[PRIMARY][i], reads[SECONDARY][i], differing);
    });
    const last = chunks[chunks.length - 1];
    if (!p.progress(last.offsetBytes + last.lengthBytes)) return null;
  }
  const primary = tallies.primary.finish();
  const secondary = tallies.secondary.finish();
  const lost = [...differing.regions].filter((r) => !dirty.has(r));
  return {
    lostIndicators: lost.length,
    lostIndicatorRegions: lost.slice(0, SAMPLES_MAX),
    differingRegions: differing.regions.size,
    dirtyRegions: dirty.count,
    falseDirtyRegions: dirty.count - (differing.regions.size - lost.length),
    lostAcknowledgedSectors: primary.lostAcknowledgedSectors,
    samples: [...primary.samples, ...secondary.samples].slice(0, SAMPLES_MAX),
    areas: { primary: primary.counts, secondary: secondary.counts },
    durationMs: performance.now() - started,
  };
}

/**
 * Finds damage since the judge pass: compares every byte of P with the history, and of S with P. Null: it was stopped.
 */
export function verifyAreas(p: LookParts): Required<Look> | null {
  const tallies = { primary: new AreaTally('primary'), secondary: new AreaTally('secondary') };
  const observations = roomForAChunk();
  const differing = compareAreas(p, (primary, secondary) => {
    judgeChunk(p, 'primary', PRIMARY, primary, observations, tallies.primary);
    countRefusal(secondary, tallies.secondary);
  });
  if (differing === null) return null;
  const faultsOf = (area: StorageArea): Record<string, number> => tallies[area].finish().counts.faults;
  return { differing, faults: { primary: faultsOf('primary'), secondary: faultsOf('secondary') } };
}

/** Result of a comparison of P and S; with a history, the faults that it shows too. */
export interface Look {
  differing: DifferingRegions;
  faults?: Record<StorageArea, Record<string, number>>;
}

/** Null: it was stopped. */
export function lookAtAreas(p: Omit<LookParts, 'history'>, history: HistoryRecorder | null): Look | null {
  if (history !== null) return verifyAreas({ ...p, history });
  const differing = compareAreas(p);
  return differing === null ? null : { differing };
}

export function verifyReport({ differing, faults }: Look, bytes: number, startedMs: number): VerifyReport {
  return {
    equal: differing.regions.size === 0,
    bytes,
    differingRegions: differing.regions.size,
    firstDifferenceBytes: differing.firstDifferenceBytes,
    ...(faults === undefined ? {} : { faults }),
    durationMs: performance.now() - startedMs,
  };
}

function roomForAChunk(): Float64Array {
  return new Float64Array((CHUNK_BYTES / SECTOR_BYTES) * STRIDE);
}

function countRefusal(read: BulkTransfer, tally: AreaTally): void {
  if (!refusedOnce(read)) return;
  tally.addFault('latent-error', {
    lba: read.offsetBytes / SECTOR_BYTES,
    expected: 'an answer',
    found: `errno ${read.errno ?? 0}, and an answer when read again`,
  });
}

function observe(p: LookParts, read: BulkTransfer, out: Float64Array): void {
  p.tools.scan(p.bulk.io.arena, read.arenaOffset, read.lengthBytes, out);
  for (const at of unreadableIn(read)) {
    for (let s = at / SECTOR_BYTES; s < (at + BLOCK_BYTES) / SECTOR_BYTES && s * STRIDE < out.length; s++) {
      out[s * STRIDE + OBSERVATION_FIELD.kind] = OBSERVED_UNREADABLE;
    }
  }
}

/** Tallies the sectors of the chunk. Returns their observations, in `room`; of sectors read again, the second ones. */
function judgeChunk(
  p: LookParts,
  area: StorageArea,
  device: number,
  read: BulkTransfer,
  room: Float64Array,
  tally: AreaTally,
): Float64Array {
  const seen = room.subarray(0, (read.lengthBytes / SECTOR_BYTES) * STRIDE);
  observe(p, read, seen);
  countRefusal(read, tally);
  const firstLba = read.offsetBytes / SECTOR_BYTES;
  const sectorBytes = (lba: number): Uint8Array => {
    const at = read.arenaOffset + (lba - firstLba) * SECTOR_BYTES;
    return p.bulk.io.arena.subarray(at, at + SECTOR_BYTES);
  };
  const { history } = p.history;
  const { suspects } = classifyChunk(area, firstLba, seen, history, { tally, sectorBytes });
  if (suspects.length > 0) {
    const rereads = reread(p, device, read, suspects);
    classifyChunk(area, firstLba, seen, history, { tally, sectorBytes, rereads });
  }
  return seen;
}

/** Reads the blocks of suspect sectors again, in place, and returns the new observations of these sectors. */
function reread(
  p: LookParts,
  device: number,
  read: BulkTransfer,
  suspects: readonly number[],
): Map<number, Float64Array> {
  const firstLba = read.offsetBytes / SECTOR_BYTES;
  const blocks = new Map<number, boolean>();
  for (const lba of suspects)
    blocks.set(Math.floor(((lba - firstLba) * SECTOR_BYTES) / BLOCK_BYTES) * BLOCK_BYTES, true);
  for (const at of blocks.keys()) {
    const lengthBytes = Math.min(BLOCK_BYTES, read.lengthBytes - at);
    const again = {
      op: IO_OP.read,
      device,
      offsetBytes: read.offsetBytes + at,
      lengthBytes,
      arenaOffset: read.arenaOffset + at,
    };
    const transfer: BulkTransfer = again;
    transferAll(p.bulk, [transfer]);
    blocks.set(at, transfer.errno === 0);
  }
  const observed = new Map<number, Float64Array>();
  for (const lba of suspects) {
    const within = (lba - firstLba) * SECTOR_BYTES;
    const out = new Float64Array(STRIDE);
    p.tools.scan(p.bulk.io.arena, read.arenaOffset + within, SECTOR_BYTES, out);
    if (blocks.get(Math.floor(within / BLOCK_BYTES) * BLOCK_BYTES) === false)
      out[OBSERVATION_FIELD.kind] = OBSERVED_UNREADABLE;
    observed.set(lba, out);
  }
  return observed;
}
