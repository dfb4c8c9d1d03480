import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PowerEpoch } from '../../../src/tracker/core/devices.js';
import { holds } from './property.js';

const step = fc.constantFrom('complete', 'complete', 'complete', 'flush', 'flushed', 'lost');

it('a flush covers what completed before it was submitted, and nothing once the epoch has ended (R4)', () => {
  // Long enough that the queue is compacted while both covered and uncovered writes are in it.
  holds(fc.array(fc.tuple(step, fc.integer({ min: 1, max: 900 })), { maxLength: 60 }), 300, (steps) => {
    const epoch = new PowerEpoch();
    let waiting: { ticket: number; atMs: number }[] = [];
    let covered = -1;
    let next = 0;
    let now = 0;
    const drain = (take: () => number): number[] => {
      const out: number[] = [];
      for (let t = take(); t !== -1; t = take()) out.push(t);
      return out;
    };
    for (const [kind, n] of steps) {
      now++;
      if (kind === 'complete') {
        for (let i = 0; i < n; i++) {
          waiting.push({ ticket: next, atMs: now });
          epoch.completed(next++, now);
        }
      } else if (kind === 'flush' && covered === -1) {
        covered = waiting.length;
        epoch.flushSubmitted(now);
      } else if (kind === 'flushed') {
        const expected = waiting.slice(0, Math.max(0, covered)).map((w) => w.ticket);
        expect(drain(() => epoch.takeCovered())).toEqual(expected);
        waiting = waiting.slice(expected.length);
        covered = -1;
      } else if (kind === 'lost') {
        expect(drain(() => epoch.takeLost())).toEqual(waiting.map((w) => w.ticket));
        waiting = [];
        covered = -1;
      }
      const uncovered = waiting.slice(Math.max(0, covered));
      expect([epoch.pending, epoch.uncovered, epoch.flushing]).toEqual([
        waiting.length,
        uncovered.length,
        covered >= 0,
      ]);
      if (uncovered.length > 0) expect(epoch.pendingSinceMs).toBe(uncovered[0].atMs);
    }
  });
});
