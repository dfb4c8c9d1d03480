/**
 * Promise: an area has one read at a time, and what that came to is not told again of the next one, however soon it
 * ended.
 */
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { createAreaProbe } from '../../src/campaign/session/deviceReads.js';
import { systemClock } from '../../src/base/systemClock.js';

const { EIO, ENOENT } = constants.errno;

it('also when it failed before it began', async () => {
  const failures = [EIO, ENOENT];
  const probe = createAreaProbe(() => {
    throw Object.assign(new Error('no path'), { errno: failures.shift() });
  }, systemClock);
  expect(await probe.probe('primary')).toMatchObject({ errno: EIO, source: 'probe' });
  expect(await probe.probe('primary')).toMatchObject({ errno: ENOENT, source: 'vanished' });
  probe.close();
});
