import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { labDown, labStatus, labUp } from '../../src/lab/lab.js';
import { canRunLab, diskSpec, labSpec, startLab, tearDown, useStateDir, waitFor, withNode } from './labFixture.js';

const STARTER = `
import { labUp } from ${JSON.stringify(path.resolve('dist/lab/lab.js'))};
await labUp('test', JSON.parse(process.argv[1]));
console.log('up');
setInterval(() => undefined, 1000);
`;

describe.skipIf(!canRunLab)('the lab process', () => {
  afterEach(tearDown);

  it('goes on when the process group of its starter is killed', async () => {
    useStateDir();
    const spec = labSpec([diskSpec('p', 1)]);
    const starter = spawn(process.execPath, ['--input-type=module', '-e', STARTER, JSON.stringify(spec)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    await once(starter.stdout, 'data');
    process.kill(-starter.pid!, 'SIGKILL');
    await once(starter, 'exit');

    const lab = await startLab(spec); // finds it
    expect(lab.pid).toBe((await labStatus('test'))!.pid);
    withNode(lab, 'p', (node) => expect(node.read(0, 4096).length).toBe(4096));
  });

  it('is found only when it is complete, if its starter was killed during the start', async () => {
    const stateDir = useStateDir();
    const spec = labSpec([diskSpec('p', 1), diskSpec('s', 2), diskSpec('j', 3)]);
    const starter = spawn(process.execPath, ['--input-type=module', '-e', STARTER, JSON.stringify(spec)], {
      stdio: 'ignore',
    });
    const firstDisk = path.join(stateDir, 'lab-test', 'disk-p');
    await waitFor('its first disk', () => fs.existsSync(firstDisk));
    starter.kill('SIGKILL');

    const lab = await startLab(spec);
    expect(Object.values(lab.disks).map(({ node }) => fs.existsSync(node))).toEqual([true, true, true]);
    expect(Object.values(lab.boards).map(({ tty }) => fs.existsSync(tty))).toEqual([true]);
  });

  it('is found by the same description, and refuses another', async () => {
    const spec = labSpec([diskSpec('p', 1)]);
    const first = await startLab(spec);
    expect((await labUp('test', structuredClone(spec))).pid).toBe(first.pid);
    // The seed belongs to the next campaign, not to the hardware: a lab that is still running serves that campaign too.
    expect((await labUp('test', { ...spec, seed: 2 })).pid).toBe(first.pid);
    const other = { ...spec, disks: [diskSpec('p', 2)] };
    await expect(labUp('test', other)).rejects.toMatchObject({ code: 'LAB_OTHER_SPEC' });
    expect((await labStatus('test'))!.pid).toBe(first.pid);
  });

  it('is started once by two starters at the same time', async () => {
    const spec = labSpec([diskSpec('p', 1)]);
    const [a, b] = await Promise.all([startLab(spec), startLab(spec)]);
    expect(a.pid).toBe(b.pid);
  });

  it('leaves nothing when it ends, and a second end is no error', async () => {
    const lab = await startLab(labSpec([diskSpec('p', 1)]));
    expect(await labDown('test')).toBe(true);
    expect(await labDown('test')).toBe(false);
    expect(fs.existsSync(lab.stateDir)).toBe(false);
    expect(fs.readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(lab.stateDir);
    await waitFor('its process is gone', () => !fs.existsSync(`/proc/${lab.pid}`));
  });
});
