import { describe, expect, it } from 'vitest';
import { Medium } from './medium.js';

describe('after settling, the medium is the new truth', () => {
  it('losses, damage and tears of the last judgement are not reported again', () => {
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
    const first = m.judgeAndSettle();
    expect(first.judgement.faults).toEqual({ 'lost-write': 8, collateral: 1, 'bit-corruption': 1 });
    expect(first.lostAcknowledgedSectors).toBe(8);
    const second = m.judgeAndSettle();
    expect(second.judgement.faults).toEqual({});
    expect(second.judgement.legal).toEqual({ current: 254 });
    expect(second.lostAcknowledgedSectors).toBe(0);
  });

  it('damage that was mended by a durable write and comes again is a new fault', () => {
    const m = new Medium(8);
    m.noise(20);
    m.judgeAndSettle();
    m.write(2, 1, 'durable');
    expect(m.judgeAndSettle().judgement.faults).toEqual({});
    m.noise(20);
    expect(m.judgeAndSettle().judgement.faults).toEqual({ collateral: 1 });
  });

  it('what survived unflushed may not vanish later', () => {
    const m = new Medium(8);
    const before = Buffer.from(m.bytes);
    m.write(2, 1, 'completed');
    expect(m.judgeAndSettle().judgement.faults).toEqual({});
    before.copy(m.bytes);
    expect(m.judgeAndSettle().judgement.faults).toEqual({ 'lost-write': 8 });
  });

  it('damage on P that a resync copied to S is not a fault of S', () => {
    const m = new Medium(8, { area: 'secondary' });
    m.history.settled('primary', 2, { durable: 0, issued: 0, damaged: 0b10000 });
    m.history.copyIssued(2 * 4096, 4096);
    m.noise(20);
    m.history.copyDurable(2 * 4096, 4096);
    expect(m.judge().judgement.faults).toEqual({});
  });
});
