import fc from 'fast-check';
import { it } from 'vitest';
import { RegionTable } from '../../../src/tracker/core/regionTable.js';
import { holds } from './property.js';

const CAPACITY = 40;

it('a region table finds exactly the regions in it, also when they collide', () => {
  // Few regions from a wide range: chains form and shrink, with regions above 2^31 too.
  const region = fc.oneof(fc.nat(60), fc.integer({ min: 2 ** 32 - 30, max: 2 ** 32 - 1 }), fc.nat(2 ** 31));
  const steps = fc.array(fc.tuple(fc.boolean(), region, fc.nat()), { maxLength: 400, size: 'max' });
  holds(steps, 150, (all) => {
    const table = new RegionTable(CAPACITY);
    const map = new Map<number, number>();
    for (const [puts, r, pick] of all) {
      if (puts && (map.size < CAPACITY || map.has(r))) {
        const e = table.ensure(r);
        if ((map.get(r) ?? e) !== e) throw new Error(`region ${r} has two entries`);
        map.set(r, e);
      } else if (map.size > 0) {
        const victim = [...map.keys()][pick % map.size];
        table.release(map.get(victim)!);
        map.delete(victim);
      }
      if (table.used !== map.size || new Set(map.values()).size !== map.size)
        throw new Error('an entry is shared or lost');
      for (const [known, e] of map) if (table.find(known) !== e) throw new Error(`region ${known} is lost`);
      if (table.find(r) !== (map.get(r) ?? -1)) throw new Error(`region ${r} is found wrongly`);
    }
  });
});
