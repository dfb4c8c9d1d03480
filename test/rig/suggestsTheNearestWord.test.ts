import { expect, it } from 'vitest';
import { nearestWord } from '../../src/rig/source/nearest.js';

it.each([
  ['regionSze', ['regionSize', 'rails'], 'regionSize'],
  ['RegionSize', ['regionSize'], 'regionSize'],
  ['dakr', ['dark', 'seed'], 'dark'],
  ['bananas', ['dark', 'seed'], null],
  ['x', [], null],
])('for %s, of the words %j, the suggestion is %j', (word, known, near) => {
  expect(nearestWord(word, known)).toBe(near);
});

it('a word of a megabyte gets no suggestion', () => {
  expect(nearestWord('a'.repeat(2 ** 20), ['dark'])).toBeNull();
});
