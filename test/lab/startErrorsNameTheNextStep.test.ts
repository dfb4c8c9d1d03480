import fs from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { labStatus, labUp } from '../../src/lab/lab.js';
import { canRunLab, diskSpec, labSpec, tearDown, useStateDir } from './labFixture.js';

const spec = labSpec([diskSpec('p', 1)]);

describe('a lab that can not start', () => {
  const pathBefore = process.env['PATH'];

  afterEach(async () => {
    process.env['PATH'] = pathBefore;
    await tearDown();
  });

  it.skipIf(!canRunLab)('without losetup says what to install, and leaves no mount and no file', async () => {
    const dir = useStateDir();
    process.env['PATH'] = dir;
    await expect(labUp('test', spec)).rejects.toMatchObject({
      code: 'LAB_NO_LOOP',
      message: expect.stringMatching(/apt-get install/),
    });
    process.env['PATH'] = pathBefore;
    expect(fs.readdirSync(dir)).toEqual([]);
    expect(fs.readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(dir);
    expect(await labStatus('test')).toBe(null);
  });

  it('with a state directory that cannot be made names the variable to change', async () => {
    process.env['PLUGPULL_STATE_DIR'] = '/proc/plugpull';
    await expect(labUp('test', spec)).rejects.toMatchObject({
      code: 'LAB_NO_PERMISSION',
      message: expect.stringMatching(/PLUGPULL_STATE_DIR/),
    });
    useStateDir();
  });
});
