/**
 * Promises: a bulk pass keeps I/O in flight on both devices while it works on a chunk, in whatever order the devices
 * answer. When it is stopped it waits for what is in flight, so that the next pass may use the ring; it does not wait
 * for a device that never answers.
 */
import { expect, it } from 'vitest';
import { IndicatorMap } from '../../src/tracker/core/indicatorMap.js';
import { IO_OP } from '../../src/blockdev/blockDevice.js';
import { sectorTools } from '../../src/blockdev/sectorTools.js';
import { WriteHistory } from '../../src/judge/history/history.js';
import { HistoryRecorder } from '../../src/judge/history/recorder.js';
import { CHUNK_BYTES, CHUNKS_IN_MEMORY, entireArea } from '../../src/replication/scan/bulk.js';
import { compareAreas } from '../../src/replication/scan/compare.js';
import { judgeAreas } from '../../src/replication/scan/judgeRun.js';
import { prepareAreas } from '../../src/replication/scan/prepare.js';
import { MemoryIo, RUN } from './memoryIo.js';

const CHUNKS = 3 * CHUNKS_IN_MEMORY;
const AREA = CHUNKS * CHUNK_BYTES - 65536;
const REGION = 65536;
const tools = sectorTools('koffi');

function parts(io = new MemoryIo(AREA)) {
  const history = new HistoryRecorder(new WriteHistory({ usableBytes: AREA, runId: RUN }), () => undefined);
  const geometry = { regionBytes: REGION, usableBytes: AREA, logBytes: 0 };
  const dirty = new IndicatorMap(Math.ceil(AREA / REGION));
  let stop = false;
  return {
    io,
    bulk: { io, stopRequested: () => stop },
    requestStop: () => (stop = true),
    tools,
    geometry,
    dirty,
    history,
    progress: (): boolean => true,
  };
}

/** Answers the newest I/O first, one at a reap. */
function newestFirst(io: MemoryIo): MemoryIo {
  io.answers = (pending) => pending.slice(-1);
  return io;
}

it.each(['judge', 'compare'] as const)('%s reads the next chunks of both devices while it works on one', (pass) => {
  const p = parts(newestFirst(new MemoryIo(AREA)));
  const inFlight: number[][] = [];
  const progress = (): boolean => {
    inFlight.push([p.io.unanswered(0), p.io.unanswered(1)]);
    return true;
  };
  if (pass === 'judge') judgeAreas({ ...p, progress });
  else compareAreas({ ...p, progress });
  expect(inFlight).toHaveLength(CHUNKS);
  expect(p.io.inFlightMax).toBe(2 * CHUNKS_IN_MEMORY);
  // The next chunk is read after one is done; so while the first is judged, only the others are in flight.
  expect(Math.max(...inFlight.flat())).toBeGreaterThanOrEqual(CHUNKS_IN_MEMORY / 2);
  expect(p.io.inFlight).toBe(0);
});

it('every byte is read once and compared, whatever the order of the answers', () => {
  const p = parts(newestFirst(new MemoryIo(AREA)));
  const at = [1, 5 * CHUNK_BYTES - 1, 5 * CHUNK_BYTES, AREA - 1];
  for (const byte of at) p.io.areas[1]![byte]! ^= 1;
  const differing = compareAreas(p)!;
  expect([...differing.regions]).toEqual(at.map((byte) => Math.floor(byte / REGION)));
  expect(differing.firstDifferenceBytes).toBe(1);
  for (const device of [0, 1]) {
    const reads = p.io.pushed.filter((io) => io.device === device);
    expect(reads.reduce((sum, { length }) => sum + length, 0)).toBe(AREA);
  }
});

it('prepare stamps and writes every sector once, with writes of earlier chunks in flight', () => {
  const p = parts(newestFirst(new MemoryIo(AREA)));
  const expected = Buffer.from(p.io.areas[0]!);
  for (const area of p.io.areas) area.fill(7);
  const ranges = entireArea(AREA);
  expect(prepareAreas({ bulk: p.bulk, tools, ranges, runId: RUN, progress: () => true })).toBe(true);
  for (const area of p.io.areas) expect(area.equals(restamped(expected))).toBe(true);
  expect(p.io.inFlightMax).toBeGreaterThan(2);
  expect(p.io.pushed.filter(({ op }) => op === IO_OP.write)).toHaveLength(2 * CHUNKS);
});

/** As `prepareAreas` stamps it: each chunk is one write. */
function restamped(area: Buffer): Buffer {
  for (let at = 0; at < AREA; at += CHUNK_BYTES)
    tools.stamp(area, at, Math.min(CHUNK_BYTES, AREA - at), {
      runId: RUN,
      updateId: 0,
      transactionId: 0,
      firstLba: at / 512,
    });
  return area;
}

/** Answers the oldest I/O first, one at a reap. */
function oldestFirst(io: MemoryIo): MemoryIo {
  io.answers = (pending) => pending.slice(0, 1);
  return io;
}

it.each([
  ['judge', (p: ReturnType<typeof parts>) => judgeAreas({ ...p, progress: () => false })],
  ['compare', (p: ReturnType<typeof parts>) => compareAreas({ ...p, progress: () => false })],
] as const)('a stopped %s leaves no I/O in the ring', (_, pass) => {
  const p = parts(oldestFirst(new MemoryIo(AREA)));
  expect(pass(p)).toBeNull();
  expect(p.io.inFlight).toBe(0);
  expect(compareAreas(p)!.regions.size).toBe(0);
});

it('a stopped prepare leaves no I/O in the ring', () => {
  const p = parts(oldestFirst(new MemoryIo(AREA)));
  const ranges = entireArea(AREA);
  expect(prepareAreas({ bulk: p.bulk, tools, ranges, runId: RUN, progress: () => false })).toBe(false);
  expect(p.io.inFlight).toBe(0);
});

it('a stopped pass does not wait for a device that never answers, and its ring takes no other pass', () => {
  const p = parts();
  p.io.answers = (pending) => pending.filter(({ device, offset }) => device === 0 || offset < 2 * CHUNK_BYTES);
  const progress = (done: number): boolean => {
    if (done === CHUNK_BYTES) p.requestStop();
    return done < CHUNK_BYTES;
  };
  expect(() => judgeAreas({ ...p, progress })).toThrow(/stopped while .* I\/Os were unanswered/);
  expect(p.io.inFlight).toBeGreaterThan(0);
  expect(() => compareAreas(p)).toThrow(/abandon first/);
});

it('an error of the caller during a pass is thrown after the I/O in flight has ended', () => {
  const p = parts(oldestFirst(new MemoryIo(AREA)));
  const progress = (): boolean => {
    throw new Error('the record cannot be written');
  };
  expect(() => judgeAreas({ ...p, progress })).toThrow('the record cannot be written');
  expect(p.io.inFlight).toBe(0);
});
