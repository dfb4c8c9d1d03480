import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IndicatorPages } from '../../../src/tracker/core/indicatorPages.js';
import { holds } from './property.js';

const REGIONS = 20;
const PER_GROUP = 6;
const step = fc.tuple(fc.constantFrom('mark', 'mark', 'unmark', 'write', 'write', 'written', 'written'), fc.nat());

it('a mark is evidence exactly when both copies on disk hold it, and the copies of a page are never written at once', () => {
  holds(fc.array(step, { maxLength: 120 }), 500, (steps) => {
    const pages = new IndicatorPages(REGIONS, PER_GROUP);
    const inMemory = new Set<number>();
    const disk = Array.from({ length: pages.groupCount }, () => [new Set<number>(), new Set<number>()]);
    const underWay = new Map<number, { copy: number; content: Set<number> }>();
    const contentOf = (g: number): Set<number> => new Set([...inMemory].filter((r) => pages.groupOf(r) === g));
    for (const [kind, a] of steps) {
      const r = a % REGIONS;
      if (kind === 'mark') expect(pages.mark(r)).toBe(!inMemory.has(r) && inMemory.add(r) !== undefined);
      else if (kind === 'unmark') {
        pages.unmark(r);
        inMemory.delete(r);
      } else if (kind === 'write') {
        const w = pages.nextWrite();
        if (w === null) continue;
        expect(underWay.has(w.group)).toBe(false);
        underWay.set(w.group, { copy: w.copy, content: contentOf(w.group) });
      } else if (underWay.size > 0) {
        const group = [...underWay.keys()][a % underWay.size];
        const { copy, content } = underWay.get(group)!;
        underWay.delete(group);
        disk[group][copy] = content;
        pages.written(group);
      }
      for (let x = 0; x < REGIONS; x++) {
        const onBoth = disk[pages.groupOf(x)].every((copy) => copy.has(x));
        if (pages.isEvidence(x)) expect([inMemory.has(x), onBoth]).toEqual([true, true]);
        else if (inMemory.has(x) && pages.pendingGroups === 0) throw new Error(`region ${x} never becomes evidence`);
      }
    }
    for (let w = pages.nextWrite(); pages.pendingGroups > 0; w = pages.nextWrite()) {
      if (w !== null) underWay.set(w.group, { copy: w.copy, content: contentOf(w.group) });
      const [group, { copy, content }] = [...underWay][0];
      underWay.delete(group);
      disk[group][copy] = content;
      pages.written(group);
    }
    disk.forEach((copies, g) => copies.forEach((copy) => expect([...copy].sort()).toEqual([...contentOf(g)].sort())));
  });
});
