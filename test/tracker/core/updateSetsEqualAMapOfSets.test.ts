import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FIRST_NODE, NIL, NODE_NEXT, NODE_PREV, NODE_SLOT, UNACKED } from '../../../src/tracker/core/recordLayout.js';
import { UpdateSets } from '../../../src/tracker/core/updateSets.js';
import { typedArrayBytes } from './pairRate.js';
import { holds } from './property.js';

const REGION_COUNT = 2 ** 31 + 8;
const NODES = 24;

/** The model: per region its slots in order, and those of them that have not retired. */
class Plain {
  readonly order = new Map<number, number[]>();
  readonly unacked = new Map<number, Set<number>>();
}

interface Held {
  slot: number;
  region: number;
  node: number;
  retired: boolean;
}

function check(sets: UpdateSets, plain: Plain, region: number): void {
  const { regions, nodes } = sets;
  const expected = plain.order.get(region) ?? [];
  const e = regions.find(region);
  if (expected.length === 0) return expect(e).toBe(NIL);
  const forwards: number[] = [];
  const backwards: number[] = [];
  for (let n = regions.memory[e + FIRST_NODE]; n !== NIL; n = nodes.memory[n + NODE_NEXT])
    forwards.push(nodes.memory[n + NODE_SLOT]);
  // The first node's predecessor is the last: there the way back begins, and ends.
  let n = regions.memory[e + FIRST_NODE];
  do {
    n = nodes.memory[n + NODE_PREV];
    backwards.unshift(nodes.memory[n + NODE_SLOT]);
  } while (n !== regions.memory[e + FIRST_NODE]);
  expect([forwards, backwards, regions.region[e]]).toEqual([expected, expected, region]);
  expect(regions.memory[e + UNACKED]).toBe(plain.unacked.get(region)!.size);
}

it('update sets and indicators equal a Map of Sets, and each region keeps the order of its updates', () => {
  // Few regions, so that updates share them; the last region, and those where the sign bit of the number changes.
  const region = fc.oneof(fc.nat(5), fc.integer({ min: 2 ** 31 - 2, max: 2 ** 31 + 2 }), fc.constant(REGION_COUNT - 1));
  const steps = fc.array(fc.tuple(fc.constantFrom('obtain', 'retire', 'remove'), region, fc.nat()), {
    maxLength: 150,
    size: 'max',
  });
  const sets = new UpdateSets(REGION_COUNT, NODES, NODES);
  holds(steps, 200, (all) => {
    const plain = new Plain();
    const held: Held[] = [];
    const retire = (u: Held): void => {
      const own = plain.unacked.get(u.region)!;
      own.delete(u.slot);
      u.retired = true;
      const e = sets.nodes.entryOf(u.node);
      const isEmpty = sets.retire(e);
      expect(isEmpty).toBe(own.size === 0);
      if (isEmpty) sets.indicators.clear(sets.regions.region[e]);
    };
    const remove = (u: Held): void => {
      if (!u.retired) retire(u);
      held.splice(held.indexOf(u), 1);
      const e = sets.nodes.entryOf(u.node);
      const wasLast = sets.remove(u.node, e);
      expect(wasLast).toBe(plain.order.get(u.region)!.length === 1);
      if (wasLast) sets.regions.release(e);
      plain.order.get(u.region)!.splice(plain.order.get(u.region)!.indexOf(u.slot), 1);
      if (plain.order.get(u.region)!.length === 0) plain.order.delete(u.region);
    };
    all.forEach(([what, r, pick], slot) => {
      const u = held[pick % Math.max(1, held.length)];
      if (what === 'obtain' && held.length < NODES) {
        const node = sets.add(slot, r, NIL);
        sets.obtain(sets.nodes.entryOf(node));
        held.push({ slot, region: r, node, retired: false });
        plain.order.set(r, [...(plain.order.get(r) ?? []), slot]);
        plain.unacked.set(r, (plain.unacked.get(r) ?? new Set()).add(slot));
      } else if (u !== undefined && what === 'retire' && !u.retired) retire(u);
      else if (u !== undefined && what === 'remove') remove(u);
      for (const known of [r, u?.region ?? r]) {
        check(sets, plain, known);
        expect(sets.indicators.has(known)).toBe((plain.unacked.get(known)?.size ?? 0) > 0);
      }
    });
    while (held.length > 0) remove(held[0]);
    expect([sets.nodes.usedCount, sets.regions.used, sets.indicators.count]).toEqual([0, 0, 0]);
  });
});

it.each([1000, 2 ** 16, 2 ** 16 + 1, 2 ** 20])('%i updates in flight take at most 64 bytes each', (updates) => {
  const sets = new UpdateSets(1, updates, updates);
  expect((typedArrayBytes(sets) - typedArrayBytes(sets.indicators)) / updates).toBeLessThanOrEqual(64.1);
});
