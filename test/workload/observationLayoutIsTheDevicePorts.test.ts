import { expect, it } from 'vitest';
import { OBSERVATION, SECTOR_KIND } from '../../src/blockdev/port.js';
import { OBSERVATION_FIELD, OBSERVED, OBSERVED_UNREADABLE } from '../../src/base/observation.js';

it('the judge reads observations as the device writes them', () => {
  expect(OBSERVATION_FIELD).toEqual(OBSERVATION);
  expect(OBSERVED).toEqual(SECTOR_KIND);
  expect(Object.values(SECTOR_KIND)).not.toContain(OBSERVED_UNREADABLE);
});
