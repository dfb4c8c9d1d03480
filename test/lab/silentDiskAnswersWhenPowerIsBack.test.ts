/**
 * Promise: a silent disk without power answers nothing; with the power back, what waited fails or is done, and nothing
 * waits for ever.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { labDown, type LabState } from '../../src/lab/lab.js';
import {
  alignedBuffer,
  canRunLab,
  diskSpec,
  labSpec,
  readJsonLines,
  startLab,
  switchRelay,
  tearDown,
  waitFor,
} from './labFixture.js';

const read = promisify(fs.read);
const write = promisify(fs.write);
const fsync = promisify(fs.fsync);
/** As long as a device must be silent here to count as such; one that answers takes far less. */
const SILENCE_MS = 300;

type Outcome = 'waits' | 'done' | string;

/** What an I/O has come to; a number of its bytes is `done`. */
function watch(io: Promise<unknown>): () => Outcome {
  let outcome: Outcome = 'waits';
  io.then(
    () => (outcome = 'done'),
    (error: unknown) => (outcome = (error as NodeJS.ErrnoException).code ?? String(error)),
  );
  return () => outcome;
}

const open: number[] = [];
/** On a handle of its own: one of these waits for every other on the same one. */
function handle(lab: LabState): number {
  const fd = fs.openSync(lab.disks['p']!.node, fs.constants.O_RDWR | fs.constants.O_DIRECT);
  open.push(fd);
  return fd;
}

async function cut(lab: LabState): Promise<void> {
  switchRelay(lab, 1, false);
  await waitFor(
    'the cut',
    () => fs.existsSync(`${lab.stateDir}/power.jsonl`) && readJsonLines(`${lab.stateDir}/power.jsonl`).length > 0,
  );
}

/**
 * Resolves when its loop device has so many reads and writes in hand: a thread of the pool that has no turn has sent
 * none.
 */
async function inFlight(lab: LabState, count: number): Promise<void> {
  const file = `/sys/block/${path.basename(lab.disks['p']!.loop!)}/inflight`;
  const sum = (): number =>
    fs
      .readFileSync(file, 'utf8')
      .trim()
      .split(/\s+/)
      .reduce((total, word) => total + Number(word), 0);
  await waitFor(`${count} I/Os in flight`, () => sum() === count);
}

describe.skipIf(!canRunLab)('a disk that falls silent', () => {
  afterEach(async () => {
    for (const fd of open.splice(0)) fs.closeSync(fd);
    await tearDown();
  });

  it.each([
    ['fail', 'EIO', 1],
    ['retry', 'done', 2],
  ] as const)('%s: what waited is %s', async (silent, end, content) => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { silent })]));
    const fd = handle(lab);
    await write(fd, alignedBuffer(4096).fill(1), 0, 4096, 0);
    await fsync(fd);
    await cut(lab);
    const waiting = [
      watch(write(handle(lab), alignedBuffer(4096).fill(2), 0, 4096, 0)),
      watch(read(handle(lab), alignedBuffer(4096), 0, 4096, 8192)),
      watch(fsync(handle(lab))),
    ];
    // A flush is not counted among them.
    await inFlight(lab, 2);
    await delay(SILENCE_MS);
    expect(waiting.map((outcome) => outcome())).toEqual(['waits', 'waits', 'waits']);
    switchRelay(lab, 1, true);
    await waitFor('the answers', () => waiting.every((outcome) => outcome() !== 'waits'));
    expect(waiting.map((outcome) => outcome())).toEqual([end, end, end]);
    const bytes = alignedBuffer(4096);
    await read(handle(lab), bytes, 0, 4096, 0);
    expect(bytes.every((byte) => byte === content)).toBe(true);
  });

  it('a lab that ends in the dark leaves nobody waiting', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { silent: 'retry' })]));
    const fd = handle(lab);
    await cut(lab);
    const outcome = watch(write(fd, alignedBuffer(4096).fill(2), 0, 4096, 0));
    await inFlight(lab, 1);
    await delay(SILENCE_MS);
    expect(outcome()).toBe('waits');
    await labDown(lab.name);
    await waitFor('the answer', () => outcome() !== 'waits');
    expect(outcome()).toBe('EIO');
  });
});
