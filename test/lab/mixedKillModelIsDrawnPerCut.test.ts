import { expect, it } from 'vitest';
import { killOfCut } from '../../src/lab/disk/killModel.js';
import { seededRandom } from '../../src/lab/random.js';

const kill = { model: 'mixed', keepProbability: 0.5, tearProbability: 0.1 } as const;

it('a mixed kill model draws each of the three models, in the same order for the same seed', () => {
  const draw = (seed: number): string[] => {
    const random = seededRandom(seed, 'p/kill');
    return Array.from({ length: 60 }, () => killOfCut(kill, random).model);
  };
  expect(new Set(draw(1))).toEqual(new Set(['drop', 'keep', 'keep-drop']));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

it('another kill model takes no draw', () => {
  const random = seededRandom(1, 'p/kill');
  expect(killOfCut({ ...kill, model: 'drop' }, random).model).toBe('drop');
  expect(random.uint32()).toBe(seededRandom(1, 'p/kill').uint32());
});
