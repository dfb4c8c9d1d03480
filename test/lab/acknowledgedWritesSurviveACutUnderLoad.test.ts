import fs from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { KillModel } from '../../src/lab/spec.js';
import {
  alignedBuffer,
  canRunLab,
  diskSpec,
  labSpec,
  MIB,
  readJsonLines,
  restorePower,
  startLab,
  switchRelay,
  tearDown,
  waitFor,
  withNode,
} from './labFixture.js';

const BLOCK = 4096;
const WRITERS = 4;
const SIZE = 32 * MIB;

interface Outcome {
  acknowledged: Set<number>;
  failed: Set<number>;
  present: Set<number>;
  power: Record<string, unknown>[];
}

/** Each writer writes its own blocks, one after the other, until the disk fails. */
async function cutUnderLoad(
  killModel: KillModel,
  writesBefore: number,
  faults: Record<string, unknown>[] = [],
): Promise<Outcome> {
  const lab = await startLab(labSpec([diskSpec('p', 1, { sizeBytes: SIZE, cacheBytes: SIZE, killModel, faults })]));
  const file = await fs.open(lab.disks['p']!.node, fs.constants.O_RDWR | fs.constants.O_DIRECT);
  const [acknowledged, failed] = [new Set<number>(), new Set<number>()];
  const writer = async (first: number): Promise<void> => {
    const bytes = alignedBuffer(BLOCK).fill(0x5a);
    for (let block = first; block < SIZE / BLOCK; block += WRITERS) {
      try {
        await file.write(bytes, 0, BLOCK, block * BLOCK);
        acknowledged.add(block);
      } catch {
        failed.add(block);
        return;
      }
    }
  };
  const writers = Array.from({ length: WRITERS }, (_, i) => writer(i));
  await waitFor(`${writesBefore} writes are acknowledged`, () => acknowledged.size >= writesBefore);
  switchRelay(lab, 1, false);
  await Promise.all(writers);
  await file.close();
  await restorePower(lab, 'p', 1);

  const present = new Set<number>();
  withNode(lab, 'p', (node) => {
    for (let at = 0; at < SIZE; at += MIB) {
      const bytes = node.read(at, MIB);
      for (let i = 0; i < MIB; i += BLOCK) if (bytes[i] === 0x5a) present.add((at + i) / BLOCK);
    }
  });
  return { acknowledged, failed, present, power: readJsonLines(`${lab.stateDir}/power.jsonl`) };
}

describe.skipIf(!canRunLab)('a cut under load', () => {
  afterEach(tearDown);

  it('with kill model keep keeps every acknowledged write, and no write that was not submitted', async () => {
    const { acknowledged, failed, present, power } = await cutUnderLoad('keep', 200);
    expect(failed.size).toBe(WRITERS);
    expect([...acknowledged].filter((block) => !present.has(block))).toEqual([]);
    expect([...present].filter((block) => !acknowledged.has(block) && !failed.has(block))).toEqual([]);
    expect(power).toMatchObject([{ disk: 'p', unflushed: present.size, kept: present.size }]);
  });

  it('can keep a write in flight that failed', async () => {
    // While a slow disk performs one write, the writes of the other writers wait in its queue.
    const { failed, present } = await cutUnderLoad('keep', 8, [{ class: 'slow', delayMs: 50 }]);
    expect([...failed].filter((block) => present.has(block)).length).toBeGreaterThan(0);
  });

  it('with kill model drop keeps no unflushed write', async () => {
    const { present } = await cutUnderLoad('drop', 200);
    expect(present.size).toBe(0);
  });
});
