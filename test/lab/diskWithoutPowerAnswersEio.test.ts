import { afterEach, describe, expect, it } from 'vitest';
import {
  canRunLab,
  cutPower,
  diskSpec,
  errnoOf,
  labSpec,
  Node,
  restorePower,
  startLab,
  switchRelay,
  tearDown,
} from './labFixture.js';
import { setTimeout as delay } from 'node:timers/promises';

/** So long that a lab on a busy host sees the contact close in time. */
const HOLD_UP_MS = 4000;

describe.skipIf(!canRunLab)('a disk without power', () => {
  afterEach(tearDown);

  it('fails reads, writes and flushes with EIO, and works again on the same handle when power is back', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1)]));
    const node = new Node(lab.disks['p']!.node);
    try {
      node.write(0, 4096, 1);
      await cutPower(lab, 'p', 1);
      expect(errnoOf(() => node.read(0, 4096))).toBe('EIO');
      expect(errnoOf(() => node.write(0, 4096, 2))).toBe('EIO');
      expect(errnoOf(() => node.flush())).toBe('EIO');
      await restorePower(lab, 'p', 1);
      expect(node.read(0, 4096).every((b) => b === 0)).toBe(true);
      node.write(0, 4096, 3);
      node.flush();
      expect(node.read(0, 4096).every((b) => b === 3)).toBe(true);
    } finally {
      node.close();
    }
  });

  it('works on through a contact that opens for less than its hold-up time', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { holdUpMs: HOLD_UP_MS })]));
    const node = new Node(lab.disks['p']!.node);
    try {
      node.write(0, 4096, 1);
      switchRelay(lab, 1, false);
      await delay(50);
      expect(errnoOf(() => node.read(0, 4096))).toBe(null);
      switchRelay(lab, 1, true);
      await delay(HOLD_UP_MS + 200);
      expect(node.read(0, 4096).every((b) => b === 1)).toBe(true);
      await cutPower(lab, 'p', 1);
    } finally {
      node.close();
    }
  });
});
