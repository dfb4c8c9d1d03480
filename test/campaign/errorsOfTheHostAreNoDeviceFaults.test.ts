/**
 * Promise: an I/O that the host itself failed, with no memory for it or no thread to start it, makes a cycle INVALID.
 * It is no fault of the device, so it is no FAIL.
 */
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { cycleRecord } from '../../src/campaign/cycle/cycleRecord.js';
import { campaign, runFake } from './runFake.js';

const { EIO, ENOMEM, ECANCELED } = constants.errno;
const { limits } = campaign();

async function recordWith(errno: number, timedOut?: true) {
  const { state } = await runFake({ rails: ['S'] }, {}, (bench, phase) => {
    if (phase === 'load') bench.clock.after(5, () => bench.fail('primary', { errno, timedOut }));
  });
  return cycleRecord(state, limits);
}

it.each([ENOMEM, ECANCELED])(
  'errno %i while the power is on: INVALID, and the reason names the host',
  async (errno) => {
    const { verdict, reasons } = await recordWith(errno);
    expect(verdict).toBe('INVALID');
    expect(reasons).toEqual([
      expect.objectContaining({
        code: 'RIG_FAILED',
        text: `the host failed an I/O of primary (errno ${errno}) while its power was on: see its memory and limits`,
      }),
    ]);
  },
);

it.each([
  ['an error of the medium', EIO, undefined],
  ['no answer', EIO, true],
] as const)('%s while the power is on: FAIL', async (_, errno, timedOut) => {
  const { verdict, reasons } = await recordWith(errno, timedOut);
  expect(verdict).toBe('FAIL');
  expect(reasons.map(({ code }) => code)).toContain('DEVICE_FAULT');
});
