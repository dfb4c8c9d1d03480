import fs from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { labUp } from '../../src/lab/lab.js';
import type { LabSpec } from '../../src/lab/spec.js';
import { diskSpec, labSpec, tearDown, useStateDir } from './labFixture.js';

const disk = diskSpec('p', 1);
const withDisk = (more: Record<string, unknown>): LabSpec => labSpec([{ ...disk, ...more }]);
const withBoard = (more: Record<string, unknown>): LabSpec => {
  const spec = labSpec([disk]);
  return { ...spec, boards: [{ ...spec.boards[0]!, ...more }] };
};

const CASES: [string, LabSpec, RegExp][] = [
  ['a block size of 1024', withDisk({ logicalBlockBytes: 1024 }), /logicalBlockBytes.*1024.*512 or 4096/],
  ['a size that is no multiple of 4096', withDisk({ sizeBytes: 5000 }), /sizeBytes.*5000.*4096/],
  ['no size', withDisk({ sizeBytes: 0 }), /sizeBytes/],
  ['a probability of 2', withDisk({ keepProbability: 2 }), /keepProbability.*2.*0 to 1/],
  ['NaN', withDisk({ tearProbability: Number.NaN }), /tearProbability/],
  ['an unknown kill model', withDisk({ killModel: 'explode' }), /killModel.*explode.*keep-drop/],
  ['an unknown board', withDisk({ fedBy: { board: 'relay9', channel: 1 } }), /fedBy.*relay9.*relay0/],
  [
    'a channel that the board does not have',
    withDisk({ fedBy: { board: 'relay0', channel: 9 } }),
    /channel.*9.*1 to 4/,
  ],
  ['an unknown fault', withDisk({ faults: [{ class: 'gremlin' }] }), /gremlin/],
  ['a disk name with a slash', withDisk({ name: '../p' }), /\.\.\/p/],
  ['two disks of one name', labSpec([disk, disk]), /once/],
  ['an unknown protocol', withBoard({ protocol: 'telex' }), /telex/],
  ['a negative seed', { ...labSpec([disk]), seed: -1 }, /seed/],
];

describe('labUp', () => {
  afterEach(tearDown);

  it.each(CASES)('refuses %s, names it, and leaves nothing behind', async (_, spec, text) => {
    const dir = useStateDir();
    await expect(labUp('test', spec)).rejects.toMatchObject({
      name: 'LabError',
      code: expect.stringMatching(/^LAB_BAD_/),
      message: expect.stringMatching(text),
    });
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  it('refuses a lab name that is no file name', async () => {
    useStateDir();
    await expect(labUp('../etc', labSpec([disk]))).rejects.toMatchObject({ code: 'LAB_BAD_NAME' });
  });
});
