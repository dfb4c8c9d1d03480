import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NIL } from '../../../src/tracker/core/recordLayout.js';
import { RecordPool } from '../../../src/tracker/core/recordPool.js';
import { holds } from './property.js';

it('each record has one owner at a time, and keeps its words until it is given back', () => {
  holds(fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 100 }), 200, (steps) => {
    const pool = new RecordPool(7, 3);
    const { memory } = pool;
    const owned = new Map<number, number>();
    for (const [takes, pick] of steps) {
      if (takes) {
        const i = pool.take();
        expect(i === NIL).toBe(owned.size === 7);
        if (i === NIL) continue;
        expect(owned.has(i)).toBe(false);
        owned.set(i, pick);
        [memory[i], memory[i + 1], memory[i + 2]] = [pick, ~pick, pick ^ 1];
      } else if (owned.size > 0) {
        const i = [...owned.keys()][pick % owned.size];
        owned.delete(i);
        pool.give(i);
      }
      for (const [i, value] of owned)
        expect([memory[i], memory[i + 1], memory[i + 2]]).toEqual([value, ~value, value ^ 1]);
      expect([pool.usedCount, pool.freeCount]).toEqual([owned.size, 7 - owned.size]);
    }
  });
});

it('a pool whose indices would not be small integers is refused', () => {
  expect(() => new RecordPool(2 ** 28, 8)).toThrow(RangeError);
});
