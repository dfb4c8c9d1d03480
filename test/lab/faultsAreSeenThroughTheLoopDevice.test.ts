import { afterEach, describe, expect, it } from 'vitest';
import fs from 'node:fs';
import { labStatus } from '../../src/lab/lab.js';
import { setTimeout as delay } from 'node:timers/promises';
import {
  canRunLab,
  cutPower,
  diskSpec,
  errnoOf,
  labSpec,
  readJsonLines,
  restorePower,
  startLab,
  switchRelay,
  tearDown,
  waitFor,
  withNode,
} from './labFixture.js';

describe.skipIf(!canRunLab)('a fault in the description of a disk', () => {
  afterEach(tearDown);

  it('loses a flushed write and records it', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { faults: [{ class: 'lost-write', afterWrites: 2 }] })]));
    withNode(lab, 'p', (node) => {
      for (let i = 0; i < 4; i++) {
        node.write(i * 4096, 4096, 1);
        node.flush();
      }
      const seen = node.read(0, 4 * 4096);
      expect([0, 1, 2, 3].map((i) => seen[i * 4096])).toEqual([1, 0, 1, 1]);
    });
    expect(readJsonLines(`${lab.stateDir}/injected.jsonl`)).toMatchObject([
      { disk: 'p', class: 'lost-write', offset: 4096, length: 4096, writeNumber: 2 },
    ]);
  });

  it('fails one flush with an error that the host sees', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { faults: [{ class: 'error-once', afterFlushes: 2 }] })]));
    withNode(lab, 'p', (node) => {
      const flushed = [1, 2, 3].map((value) => {
        node.write(0, 4096, value);
        return errnoOf(() => node.flush());
      });
      expect(flushed).toEqual([null, 'EIO', null]);
    });
  });

  it('does not return after a cut (dead-device)', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { faults: [{ class: 'dead-device', atCut: 2 }] })]));
    await cutPower(lab, 'p', 1);
    await restorePower(lab, 'p', 1);
    await cutPower(lab, 'p', 1);
    switchRelay(lab, 1, true);
    await delay(200);
    expect(withNode(lab, 'p', (node) => errnoOf(() => node.read(0, 4096)))).toBe('EIO');
  });

  it('returns late after a cut (late-return)', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { faults: [{ class: 'late-return', delayMs: '300ms' }] })]));
    await cutPower(lab, 'p', 1);
    const start = performance.now();
    await restorePower(lab, 'p', 1);
    expect(performance.now() - start).toBeGreaterThan(290);
  });

  it('shows another disk under its name after a cut, and itself again after the next (wrong-device)', async () => {
    const lab = await startLab(
      labSpec([diskSpec('p', 1, { faults: [{ class: 'wrong-device', with: 's' }] }), diskSpec('s', 2)]),
    );
    const { p, s } = lab.disks;
    await cutPower(lab, 'p', 1);
    await restorePower(lab, 'p', 1);
    await waitFor('the link leads to the other disk', () => fs.realpathSync(p!.node) === s!.loop);
    expect((await labStatus('test'))!.disks['p']!.loop).toBe(s!.loop);
    switchRelay(lab, 1, false);
    // // The link leads to the other disk, so only the record shows this cut. The contact must not close before the lab
    // has seen it open.
    await waitFor(
      'the second cut',
      () => readJsonLines(`${lab.stateDir}/power.jsonl`).filter(({ disk }) => disk === 'p').length === 2,
    );
    switchRelay(lab, 1, true);
    await waitFor('the link leads to its own disk again', () => fs.realpathSync(p!.node) === p!.loop);
  });

  it('answers late (slow)', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { faults: [{ class: 'slow', delayMs: 50 }] })]));
    withNode(lab, 'p', (node) => {
      const start = performance.now();
      node.write(0, 4096, 1);
      node.flush();
      expect(performance.now() - start).toBeGreaterThan(95);
    });
  });
});
