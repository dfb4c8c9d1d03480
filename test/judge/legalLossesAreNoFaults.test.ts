import { describe, expect, it } from 'vitest';
import { Medium } from './medium.js';

const NONE = (): boolean => false;

describe('after a cut', () => {
  it('a medium that holds every write is current', () => {
    const m = new Medium(8);
    m.write(0, 2, 'durable');
    m.write(3, 1, 'inFlight');
    expect(m.judge().counts).toEqual({ faults: {}, legal: { current: 64 }, sectorsRead: 64 });
  });

  it.each(['inFlight', 'completed'] as const)('a missing write that was %s is cache loss', (fate) => {
    const m = new Medium(8);
    m.write(2, 2, fate, NONE);
    expect(m.judge().counts).toMatchObject({ faults: {}, legal: { current: 48, 'cache-loss': 16 } });
  });

  it('the durable version may remain under a write in flight', () => {
    const m = new Medium(4);
    m.write(1, 1, 'durable');
    m.write(1, 1, 'inFlight', NONE);
    expect(m.judge().counts.legal).toEqual({ current: 24, 'cache-loss': 8 });
  });

  it('a lost write before a surviving one is reordered', () => {
    const m = new Medium(8);
    m.write(0, 1, 'completed', NONE);
    m.write(4, 1, 'completed');
    m.write(6, 1, 'completed', NONE);
    expect(m.judge().counts).toMatchObject({ faults: {}, legal: { reordered: 8, 'cache-loss': 8 } });
  });

  it('a write in flight that is partly old is torn, within a block or between blocks', () => {
    const within = new Medium(4);
    within.write(1, 1, 'inFlight', (s) => s < 3);
    expect(within.judge().counts).toMatchObject({ faults: {}, legal: { 'torn-inflight': 5, current: 27 } });
    const between = new Medium(8);
    between.write(2, 4, 'inFlight', (s) => s >= 16);
    expect(between.judge().counts).toMatchObject({ faults: {}, legal: { 'torn-inflight': 16, current: 48 } });
  });

  it('unknown content from before the first update is accepted, and stamped content must be there', () => {
    expect(new Medium(4, { base: 'unknown' }).judge().counts).toMatchObject({ faults: {}, legal: { current: 32 } });
    const stamped = new Medium(4);
    stamped.bytes.fill(0);
    expect(stamped.judge().counts.faults).toEqual({ 'region-loss': 32 });
    const written = new Medium(4, { base: 'unknown' });
    written.write(1, 1, 'durable', NONE);
    expect(written.judge().counts.faults).toEqual({ 'region-loss': 8 });
  });
});
