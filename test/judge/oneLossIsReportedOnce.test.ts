import { describe, expect, it } from 'vitest';
import { Medium } from './medium.js';

describe('after the history has adopted what the medium holds', () => {
  it('losses, damage and torn writes are not reported again', () => {
    const m = new Medium(32);
    for (let b = 0; b < 8; b++) m.write(b, 1, 'durable');
    m.history.answered(
      m.write(9, 1, 'durable', () => false),
      9 * 4096,
      4096,
    );
    m.write(11, 1, 'inFlight', (s) => s < 5);
    m.noise(100);
    m.sector(110)[77]! ^= 1;
    const first = m.judgeAndAdopt();
    expect(first.counts.faults).toEqual({ 'lost-write': 8, collateral: 1, 'bit-corruption': 1 });
    expect(first.lostAcknowledgedSectors).toBe(8);
    const second = m.judgeAndAdopt();
    expect(second.counts.faults).toEqual({});
    expect(second.counts.legal).toEqual({ current: 254 });
    expect(second.lostAcknowledgedSectors).toBe(0);
  });

  it('damage that returns after a durable write has replaced it is a new fault', () => {
    const m = new Medium(8);
    m.noise(20);
    m.judgeAndAdopt();
    m.write(2, 1, 'durable');
    expect(m.judgeAndAdopt().counts.faults).toEqual({});
    m.noise(20);
    expect(m.judgeAndAdopt().counts.faults).toEqual({ collateral: 1 });
  });

  it('a write that survived unflushed must not be missing later', () => {
    const m = new Medium(8);
    const before = Buffer.from(m.bytes);
    m.write(2, 1, 'completed');
    expect(m.judgeAndAdopt().counts.faults).toEqual({});
    before.copy(m.bytes);
    expect(m.judgeAndAdopt().counts.faults).toEqual({ 'lost-write': 8 });
  });

  it('damage that a resync copied from P to S is no fault of S', () => {
    const m = new Medium(8, { area: 'secondary' });
    m.history.adoptBlock('primary', 2, { durable: 0, issued: 0, damaged: 0b10000 });
    m.history.copyIssued(2 * 4096, 4096);
    m.noise(20);
    m.history.copyDurable(2 * 4096, 4096);
    expect(m.judge().counts.faults).toEqual({});
  });
});
