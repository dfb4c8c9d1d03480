import fs from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { labDown, labStatus } from '../../src/lab/lab.js';
import type { LabState } from '../../src/lab/lab.js';
import { loopBackingFile } from '../../src/lab/losetup.js';
import { canRunLab, diskSpec, errnoOf, labSpec, Node, startLab, tearDown, waitFor, withNode } from './labFixture.js';

/**
 * Its loop devices that are still attached; another process can have taken a detached number. A loop device whose mount
 * is gone shows "/" as its file.
 */
function loopsOf(lab: LabState): string[] {
  const ours = (file: string | null): boolean => file === '/' || file?.startsWith(lab.stateDir) === true;
  return Object.values(lab.disks).flatMap(({ loop }) => (loop !== null && ours(loopBackingFile(loop)) ? [loop] : []));
}

describe.skipIf(!canRunLab)('after kill -9 of the lab', () => {
  afterEach(tearDown);

  it('an open disk fails instead of hanging, and labDown removes loop devices, mounts and files', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1), diskSpec('s', 2)]));
    const open = new Node(lab.disks['p']!.node);
    try {
      open.write(0, 4096, 1);
      process.kill(lab.pid, 'SIGKILL');
      await waitFor('the disk fails', () => errnoOf(() => open.read(0, 4096)) === 'EIO');
      await waitFor('the process has ended', () => !fs.existsSync(`/proc/${lab.pid}`));
      expect(await labStatus('test')).toBe(null);
    } finally {
      open.close();
    }
    expect(await labDown('test')).toBe(true);
    await waitFor('its loop devices are detached', () => loopsOf(lab).length === 0);
    expect(fs.readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(lab.stateDir);
    expect(fs.existsSync(lab.stateDir)).toBe(false);
  });

  it('labUp cleans up and starts a new lab with empty disks', async () => {
    const spec = labSpec([diskSpec('p', 1)]);
    const first = await startLab(spec);
    withNode(first, 'p', (node) => {
      node.write(0, 4096, 1);
      node.flush();
    });
    process.kill(first.pid, 'SIGKILL');
    await waitFor('the lab is gone', () => !fs.existsSync(`/proc/${first.pid}`));
    const second = await startLab(spec);
    expect(second.pid).not.toBe(first.pid);
    withNode(second, 'p', (node) => expect(node.read(0, 4096).every((b) => b === 0)).toBe(true));
  });

  it('labDown ends a lab that no longer answers', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1)]));
    process.kill(lab.pid, 'SIGSTOP');
    expect(await labDown('test')).toBe(true);
    await waitFor('its process is gone', () => !fs.existsSync(`/proc/${lab.pid}`));
    await waitFor('its loop devices are detached', () => loopsOf(lab).length === 0);
  });
});
