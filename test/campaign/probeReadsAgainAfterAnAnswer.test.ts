/**
 * Promise: the probe has at most one read at a time for each area. It reports the result of a read once, and never as
 * the result of the next read, even when the read ends at once.
 */
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { createAreaProbe } from '../../src/campaign/session/deviceReads.js';
import { systemClock } from '../../src/base/systemClock.js';

const { EIO, ENOENT } = constants.errno;

it('a probe reports the new error when the read before it failed at once', async () => {
  const failures = [EIO, ENOENT];
  const probe = createAreaProbe(() => {
    throw Object.assign(new Error('no path'), { errno: failures.shift() });
  }, systemClock);
  expect(await probe.probe('primary')).toMatchObject({ errno: EIO, source: 'probe' });
  expect(await probe.probe('primary')).toMatchObject({ errno: ENOENT, source: 'vanished' });
  probe.close();
});
