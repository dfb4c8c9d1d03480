/**
 * Promise: an unresponsive disk without power answers nothing. When power returns, waiting requests fail or are
 * performed, and none waits for ever.
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
/** A device without an answer for this time counts as unresponsive here; one that answers takes far less. */
const UNRESPONSIVE_MS = 300;

type Outcome = 'waits' | 'done' | string;

/** The result of an I/O so far. */
function watch(io: Promise<unknown>): () => Outcome {
  let outcome: Outcome = 'waits';
  io.then(
    () => (outcome = 'done'),
    (error: unknown) => (outcome = (error as NodeJS.ErrnoException).code ?? String(error)),
  );
  return () => outcome;
}

const open: number[] = [];
/** Each I/O has a handle of its own, because I/Os on one handle wait for each other. */
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

/** Resolves when the loop device has this many reads and writes: the thread pool submits them later. */
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

describe.skipIf(!canRunLab)('an unresponsive disk', () => {
  afterEach(async () => {
    for (const fd of open.splice(0)) fs.closeSync(fd);
    await tearDown();
  });

  it.each([
    ['fail', 'EIO', 1],
    ['retry', 'done', 2],
  ] as const)('%s: waiting I/Os end with %s', async (answer, end, content) => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { silent: answer })]));
    const fd = handle(lab);
    await write(fd, alignedBuffer(4096).fill(1), 0, 4096, 0);
    await fsync(fd);
    await cut(lab);
    const waiting = [
      watch(write(handle(lab), alignedBuffer(4096).fill(2), 0, 4096, 0)),
      watch(read(handle(lab), alignedBuffer(4096), 0, 4096, 8192)),
      watch(fsync(handle(lab))),
    ];
    // The kernel does not count the flush.
    await inFlight(lab, 2);
    await delay(UNRESPONSIVE_MS);
    expect(waiting.map((outcome) => outcome())).toEqual(['waits', 'waits', 'waits']);
    switchRelay(lab, 1, true);
    await waitFor('the answers', () => waiting.every((outcome) => outcome() !== 'waits'));
    expect(waiting.map((outcome) => outcome())).toEqual([end, end, end]);
    const bytes = alignedBuffer(4096);
    await read(handle(lab), bytes, 0, 4096, 0);
    expect(bytes.every((byte) => byte === content)).toBe(true);
  });

  it('answers waiting requests when the lab ends without power', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { silent: 'retry' })]));
    const fd = handle(lab);
    await cut(lab);
    const outcome = watch(write(fd, alignedBuffer(4096).fill(2), 0, 4096, 0));
    await inFlight(lab, 1);
    await delay(UNRESPONSIVE_MS);
    expect(outcome()).toBe('waits');
    await labDown(lab.name);
    await waitFor('the answer', () => outcome() !== 'waits');
    expect(outcome()).toBe('EIO');
  });
});
