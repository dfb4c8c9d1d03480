import { describe, expect, it } from 'vitest';
import { formatRegionMap } from '../../src/cli/inspect.js';

describe('the region map', () => {
  it('has one character for each region while they fit', () => {
    const map = formatRegionMap(
      [
        { firstRegion: 0, regions: 1 },
        { firstRegion: 63, regions: 2 },
      ],
      66,
    );
    expect(map.split('\n').slice(1)).toEqual([`         0  #${'.'.repeat(62)}#`, '        64  #.']);
  });

  it('distinguishes some from all dirty where a character covers several regions', () => {
    const map = formatRegionMap(
      [
        { firstRegion: 0, regions: 2 },
        { firstRegion: 3, regions: 1 },
      ],
      2048,
    );
    expect(map.split('\n')[1].slice(12, 15)).toBe('#+.');
  });

  it('shows a last cell of fewer regions as all dirty', () => {
    const map = formatRegionMap([{ firstRegion: 2046, regions: 1 }], 2047);
    expect(map.endsWith('#')).toBe(true);
  });
});

it('does not show as clean the regions that the list leaves out', () => {
  const map = formatRegionMap(
    [
      { firstRegion: 0, regions: 1 },
      { firstRegion: 2, regions: 1 },
    ],
    6,
    2,
  );
  expect(map.split('\n').slice(1)).toEqual([
    '         0  #.#???',
    '? unknown: 2 further dirty regions lie behind region 2',
  ]);
});
