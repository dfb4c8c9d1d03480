import { afterEach, describe, expect, it } from 'vitest';
import { labDown } from '../../src/lab/lab.js';
import { canRunLab, cutPower, diskSpec, labSpec, startLab, tearDown, withNode } from './labFixture.js';

describe.skipIf(!canRunLab)('two labs', () => {
  afterEach(tearDown);

  it('with disks and boards of the same names do not touch each other', async () => {
    const spec = labSpec([diskSpec('p', 1)]);
    const [a, b] = [await startLab(spec, 'left'), await startLab(spec, 'right')];
    withNode(a, 'p', (node) => node.write(0, 4096, 1));
    withNode(b, 'p', (node) => node.write(0, 4096, 2));
    await cutPower(a, 'p', 1);
    withNode(b, 'p', (node) => expect(node.read(0, 4096).every((x) => x === 2)).toBe(true));
    await labDown('left');
    withNode(b, 'p', (node) => expect(node.read(0, 4096).every((x) => x === 2)).toBe(true));
  });
});
