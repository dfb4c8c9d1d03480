import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { labStatus } from '../../src/lab/lab.js';
import { loopBackingFile } from '../../src/lab/losetup.js';
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
  useStateDir,
  waitFor,
  withNode,
} from './labFixture.js';

describe.skipIf(!canRunLab)('a disk that vanishes without power', () => {
  let occupant: string | null = null;

  /** False: another process has the number, or the kernel still detaches it. */
  const occupy = (loop: string): boolean => {
    const other = path.join(useStateDir(), 'occupant');
    fs.writeFileSync(other, Buffer.alloc(4096));
    try {
      execFileSync('losetup', [loop, other], { stdio: 'ignore' });
    } catch {
      return false;
    }
    occupant = loop;
    return true;
  };

  afterEach(async () => {
    if (occupant !== null) execFileSync('losetup', ['--detach', occupant]);
    occupant = null;
    await tearDown();
  });

  it('loses its node, and returns under another number with its flushed data', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { vanish: true })]));
    let before = lab.disks['p']!;
    withNode(lab, 'p', (node) => {
      node.write(0, 4096, 7);
      node.flush();
    });
    for (;;) {
      await cutPower(lab, 'p', 1);
      await waitFor('the node is gone', () => !fs.existsSync(before.node));
      await waitFor('the loop device is detached', () => loopBackingFile(before.loop!) !== before.backingFile);
      expect((await labStatus('test'))!.disks['p']!.loop).toBe(null);
      if (occupy(before.loop!)) break;
      // Another process has taken the number and can free it at any time: try with another number.
      await restorePower(lab, 'p', 1);
      before = (await labStatus('test'))!.disks['p']!;
    }

    await restorePower(lab, 'p', 1);
    const after = (await labStatus('test'))!.disks['p']!;
    expect(after.loop).not.toBe(before.loop);
    expect(after.backingFile).toBe(before.backingFile);
    expect(fs.realpathSync(after.node)).toBe(after.loop);
    withNode(lab, 'p', (node) => expect(node.read(0, 4096).every((b) => b === 7)).toBe(true));
  });

  it('fails a handle from before the cut for ever, while the new node works', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1, { vanish: true })]));
    const before = lab.disks['p']!;
    const old = new Node(before.node);
    try {
      switchRelay(lab, 1, false);
      await waitFor('the node is gone', () => !fs.existsSync(before.node));
      await restorePower(lab, 'p', 1);
      expect((await labStatus('test'))!.disks['p']!.loop).not.toBe(before.loop);
      expect(errnoOf(() => old.read(0, 4096))).toBe('EIO');
      expect(errnoOf(() => old.write(0, 4096, 1))).toBe('EIO');
      withNode(lab, 'p', (node) => expect(node.read(0, 4096).every((b) => b === 0)).toBe(true));
    } finally {
      old.close();
    }
  });
});
