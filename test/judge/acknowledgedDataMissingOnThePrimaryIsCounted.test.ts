import { describe, expect, it } from 'vitest';
import { Medium } from './medium.js';

const NONE = (): boolean => false;

describe('I2: every acknowledged update is on P', () => {
  it('an acknowledged write that the device was allowed to lose breaks I2 and is no fault of the device', () => {
    const m = new Medium(8);
    const id = m.write(2, 1, 'completed', NONE);
    m.history.answered(id, 2 * 4096, 4096);
    const { counts, lostAcknowledgedSectors, samples } = m.judge();
    expect(counts.faults).toEqual({});
    expect(lostAcknowledgedSectors).toBe(8);
    expect(samples[0]).toMatchObject({
      class: 'lost-acknowledged',
      lba: 16,
      expected: 'update 1 or newer (acknowledged)',
    });
  });

  it('an unreadable or corrupt sector of an acknowledged write counts too', () => {
    const m = new Medium(8);
    m.history.answered(m.write(2, 1, 'durable'), 2 * 4096, 4096);
    m.unreadable.add(16);
    m.noise(17);
    m.noise(40);
    expect(m.judge().lostAcknowledgedSectors).toBe(2);
  });

  it('a newer version than the acknowledged one does not count, and neither does a loss on S', () => {
    const p = new Medium(8);
    p.history.answered(p.write(2, 1, 'durable'), 2 * 4096, 4096);
    p.write(2, 1, 'inFlight', (s) => s < 4);
    expect(p.judge().lostAcknowledgedSectors).toBe(0);
    const s = new Medium(8, { area: 'secondary' });
    s.history.answered(s.write(2, 1, 'completed', NONE), 2 * 4096, 4096);
    expect(s.judge().lostAcknowledgedSectors).toBe(0);
  });
});
