/** Exit code 0 means that the campaign passed and left the rig in order. A failure of the rig outranks the verdict. */
import { expect, it } from 'vitest';
import { exitOfCampaign } from '../../src/cli/exitCodes.js';

const complete = { problem: null, interrupted: null };
const passed = { verdict: 'PASS' as const, troubles: [] };

it('power that is not restored, or a lab that does not end, is exit 3 whatever the verdict', () => {
  expect(exitOfCampaign(complete, passed)).toBe(0);
  expect(exitOfCampaign(complete, { ...passed, troubles: ['switching all rails on: the board is mute'] })).toBe(3);
});

it('FAIL is exit 1 and INVALID is exit 3, with troubles too', () => {
  expect(exitOfCampaign(complete, { verdict: 'FAIL', troubles: ['lab down'] })).toBe(1);
  expect(exitOfCampaign(complete, { verdict: 'INVALID', troubles: [] })).toBe(3);
});

it('an interrupted campaign is exit 130, one that an internal error ended is exit 5', () => {
  expect(
    exitOfCampaign({ ...complete, interrupted: { cycle: 0, phase: 'dark' } }, { verdict: 'INVALID', troubles: [] }),
  ).toBe(130);
  const problem = { kind: 'internal' as const, code: 'ENGINE_CRASHED', text: '' };
  expect(exitOfCampaign({ ...complete, problem }, { verdict: 'INVALID', troubles: [] })).toBe(5);
});
