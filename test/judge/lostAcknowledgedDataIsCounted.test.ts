import { describe, expect, it } from 'vitest';
import { Medium } from './medium.js';

const NONE = (): boolean => false;

describe('I2: what the application was told is done is on P', () => {
  it('an answered write that was legally lost breaks I2 without being a fault of the device', () => {
    const m = new Medium(8);
    const id = m.write(2, 1, 'completed', NONE);
    m.history.answered(id, 2 * 4096, 4096);
    const { judgement, lostAcknowledgedSectors, samples } = m.judge();
    expect(judgement.faults).toEqual({});
    expect(lostAcknowledgedSectors).toBe(8);
    expect(samples[0]).toMatchObject({
      class: 'lost-acknowledged',
      lba: 16,
      expected: 'update 1 or newer (acknowledged)',
    });
  });

  it('an unreadable or broken sector of an answered write counts too', () => {
    const m = new Medium(8);
    m.history.answered(m.write(2, 1, 'durable'), 2 * 4096, 4096);
    m.unreadable.add(16);
    m.noise(17);
    m.noise(40);
    expect(m.judge().lostAcknowledgedSectors).toBe(2);
  });

  it('a newer version than the answered one is fine, and so is a loss on S', () => {
    const p = new Medium(8);
    p.history.answered(p.write(2, 1, 'durable'), 2 * 4096, 4096);
    p.write(2, 1, 'inFlight', (s) => s < 4);
    expect(p.judge().lostAcknowledgedSectors).toBe(0);
    const s = new Medium(8, { area: 'secondary' });
    s.history.answered(s.write(2, 1, 'completed', NONE), 2 * 4096, 4096);
    expect(s.judge().lostAcknowledgedSectors).toBe(0);
  });
});
