/** Promise: exit 0 is for a campaign that passed and left the rig as it found it; what broke is told before what was found. */
import { expect, it } from 'vitest';
import { exitOfCampaign } from '../../src/cli/campaignExit.js';

const whole = { problem: null, interrupted: null };
const passed = { verdict: 'PASS' as const, troubles: [] };

it('power that did not come back, or a lab that did not end, is exit 3 after any number of passes', () => {
  expect(exitOfCampaign(whole, passed)).toBe(0);
  expect(exitOfCampaign(whole, { ...passed, troubles: ['switching all rails on: the board is mute'] })).toBe(3);
});

it('FAIL is 1, INVALID is 3, with troubles too', () => {
  expect(exitOfCampaign(whole, { verdict: 'FAIL', troubles: ['lab down'] })).toBe(1);
  expect(exitOfCampaign(whole, { verdict: 'INVALID', troubles: [] })).toBe(3);
});

it('an interrupted one is 130, one that the program broke off is 5', () => {
  expect(
    exitOfCampaign({ ...whole, interrupted: { cycle: 0, phase: 'dark' } }, { verdict: 'INVALID', troubles: [] }),
  ).toBe(130);
  const problem = { kind: 'internal' as const, code: 'ENGINE_CRASHED', text: '' };
  expect(exitOfCampaign({ ...whole, problem }, { verdict: 'INVALID', troubles: [] })).toBe(5);
});
