import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NIL, SLOT_FLAGS, WAITING } from '../../../src/tracker/core/recordLayout.js';
import { Deadlines } from '../../../src/tracker/core/deadlines.js';
import { CoreState } from '../../../src/tracker/core/state.js';
import { settings } from './bench.js';
import { holds } from './property.js';

const SLOTS = 8;
const TIMEOUT_MS = 20;

// From 0, across the change of sign of the low 32 bits, and across their overflow.
it.each([0, 2 ** 31 - 30, 2 ** 32 - 30])(
  'the slot that is overdue for longest is found when its deadline has passed, not before: from %i ms on',
  (startMs) => {
    const step = fc.tuple(
      fc.constantFrom('start', 'start', 'stop', 'wait', 'wait'),
      fc.nat(SLOTS - 1),
      fc.integer({ min: 1, max: 9 }),
    );
    holds(fc.array(step, { maxLength: 60, size: 'max' }), 200, (steps) => {
      const state = new CoreState(settings({ updateSlots: SLOTS, ackTimeoutMs: TIMEOUT_MS }));
      const deadlines = new Deadlines(state);
      const slots = Array.from({ length: SLOTS }, () => state.slots.pool.take());
      slots.forEach((slot, i) => {
        state.slots.fill(slot, i, NIL, 0, 1);
        state.slots.memory[slot + SLOT_FLAGS] = WAITING;
      });
      const list: { slot: number; dueMs: number }[] = [];
      state.nowMs = startMs;
      for (const [what, pick, ms] of steps) {
        const slot = slots[pick];
        const at = list.findIndex((w) => w.slot === slot);
        // Steps of half a millisecond: a deadline is rounded up.
        if (what === 'wait') state.nowMs += ms / 2;
        else if (what === 'start' && at < 0) {
          deadlines.start(slot);
          list.push({ slot, dueMs: Math.ceil(state.nowMs + TIMEOUT_MS) });
        } else if (what === 'stop') {
          expect(deadlines.stop(slot)).toBe(at >= 0);
          if (at >= 0) list.splice(at, 1);
        }
        expect(deadlines.count).toBe(list.length);
        const late = list.filter((w) => w.dueMs <= state.nowMs);
        const found = deadlines.overdue();
        const firstMs = Math.min(...late.map((w) => w.dueMs));
        expect(found === NIL ? [] : late.filter((w) => w.slot === found && w.dueMs === firstMs).length).toEqual(
          late.length === 0 ? [] : 1,
        );
      }
    });
  },
);
