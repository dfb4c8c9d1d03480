import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IndicatorMap } from '../../../src/tracker/core/indicatorMap.js';
import { frozenRegions } from '../../../src/tracker/core/regionSet.js';
import { holds } from './property.js';

// Sizes at the borders of a word (32), of a summary word (1024), and of 32 summary words (32768).
const SIZES = [1, 31, 32, 33, 1023, 1024, 1025, 32767, 32768, 32769];

const step = fc.tuple(fc.constantFrom('set', 'set', 'clear', 'range', 'all'), fc.nat(), fc.nat(70));

it('an indicator map is a set of regions with an exact count, in order', () => {
  holds(
    fc.record({ size: fc.constantFrom(...SIZES), steps: fc.array(step, { maxLength: 60 }) }),
    500,
    ({ size, steps }) => {
      const map = new IndicatorMap(size);
      const set = new Set<number>();
      for (const [kind, a, n] of steps) {
        // Mostly the borders, so that words become full and empty again.
        const borders = [0, 31, 32, 33, 1023, 1024, 1025, size - 2, size - 1].filter((x) => x >= 0 && x < size);
        const r = a % 4 === 0 ? a % size : borders[a % borders.length];
        if (kind === 'set') expect(map.set(r)).toBe(!set.has(r) && set.add(r) !== undefined);
        else if (kind === 'clear') expect(map.clear(r)).toBe(set.delete(r));
        else if (kind === 'range') {
          map.setRange(r, n);
          for (let x = r; x < Math.min(size, r + n); x++) set.add(x);
        } else if (n === 1) {
          map.setRange(0, size);
          for (let x = 0; x < size; x++) set.add(x);
        } else if (n === 0) {
          map.clearAll();
          set.clear();
        }
        expect(map.count).toBe(set.size);
        expect(map.has(r)).toBe(set.has(r));
        const sorted = [...set].sort((x, y) => x - y);
        for (const from of [0, r]) {
          expect(map.nextSet(from)).toBe(sorted.find((x) => x >= from) ?? -1);
          let clear = from;
          while (clear < size && set.has(clear)) clear++;
          expect(map.nextClear(from)).toBe(clear);
        }
      }
      expect([...map.regions()]).toEqual([...set].sort((x, y) => x - y));
      expect([...map.clone().regions()]).toEqual([...map.regions()]);
      const copy = new IndicatorMap(size);
      copy.setAllOf(map);
      expect(copy.count).toBe(set.size);
      expect([...copy.regions()]).toEqual([...map.regions()]);
      const frozen = frozenRegions(map);
      expect([frozen.regionCount, frozen.count, [...frozen.regions()]]).toEqual([size, set.size, [...map.regions()]]);
      for (const from of [0, 31, 32, size >>> 1, size - 1, size]) {
        if (from < size) expect(frozen.has(from)).toBe(set.has(from));
        expect([frozen.nextSet(from), frozen.nextClear(from)]).toEqual([map.nextSet(from), map.nextClear(from)]);
      }
      const union = new IndicatorMap(size);
      for (let r = 0; r < size; r += 7) union.set(r);
      union.setAllOf(map);
      const expected = new Set([...set, ...Array.from({ length: Math.ceil(size / 7) }, (_, i) => 7 * i)]);
      expect(union.count).toBe(expected.size);
      expect([...union.regions()]).toEqual([...expected].sort((x, y) => x - y));
      const word = union.clone();
      word.setWord(size >>> 5, -1);
      for (let r = size - (size % 32); r < size; r++) expected.add(r);
      expect(word.count).toBe(expected.size);
      expect(word.nextSet(size - 1)).toBe(expected.has(size - 1) ? size - 1 : -1);
      for (let w = 0; w <= size >>> 5; w++) {
        let word = 0;
        for (let b = 0; b < 32; b++) if (set.has(w * 32 + b)) word += 2 ** b;
        if (map.word(w) !== word) expect(map.word(w)).toBe(word);
      }
    },
  );
});

it('D stays as it was found, in memory that follows its runs, while the core changes its map', () => {
  const map = new IndicatorMap(2 ** 20);
  for (let r = 0; r < 2 ** 20; r += 1000) map.setRange(r, 500);
  const runs = frozenRegions(map);
  for (let r = 0; r < 2 ** 20; r += 2) map.set(r);
  const many = frozenRegions(map);
  const count = map.count;
  map.clearAll();
  expect([runs.constructor === IndicatorMap, runs.count, runs.has(999), runs.has(1000)]).toEqual([
    false,
    524_500,
    false,
    true,
  ]);
  expect([many.constructor === IndicatorMap, many.count, many.has(502), many.has(503)]).toEqual([
    true,
    count,
    true,
    false,
  ]);
});
