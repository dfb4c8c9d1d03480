import { expect, it } from 'vitest';
import { nearestWord } from '../../src/rig/source/nearest.js';

it.each([
  ['regionSze', ['regionSize', 'rails'], 'regionSize'],
  ['RegionSize', ['regionSize'], 'regionSize'],
  ['dakr', ['dark', 'seed'], 'dark'],
  ['bananas', ['dark', 'seed'], null],
  ['x', [], null],
])('%s', (word, known, near) => {
  expect(nearestWord(word, known)).toBe(near);
});

it('a word of a megabyte costs no more than a short one', () => {
  expect(nearestWord('a'.repeat(2 ** 20), ['dark'])).toBeNull();
});
