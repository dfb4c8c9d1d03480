import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IndexList, IndexPool } from '../../../src/tracker/core/recordPool.js';
import { NIL } from '../../../src/tracker/core/recordLayout.js';
import { holds } from './property.js';

it('a pool gives each index to one owner; a list keeps order under removal anywhere', () => {
  holds(fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 200 }), 300, (steps) => {
    const size = 16;
    const pool = new IndexPool(size);
    const list = new IndexList(new Int32Array(2 * size), 0, size);
    const model: number[] = [];
    for (const [takes, pick] of steps) {
      if (takes) {
        const i = pool.take();
        expect(i === NIL).toBe(model.length === size);
        if (i === NIL) continue;
        expect(model).not.toContain(i);
        list.append(i);
        model.push(i);
      } else if (model.length > 0) {
        const [i] = model.splice(pick % model.length, 1);
        list.remove(i);
        pool.give(i);
      }
      const seen: number[] = [];
      for (let i = list.head; i !== NIL; i = list.next(i)) seen.push(i);
      expect(seen).toEqual(model);
      expect([list.length, list.head, list.tail]).toEqual([model.length, model[0] ?? NIL, model.at(-1) ?? NIL]);
      expect([pool.usedCount, pool.freeCount]).toEqual([model.length, size - model.length]);
    }
  });
});
