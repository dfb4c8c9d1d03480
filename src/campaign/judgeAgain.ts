/** Judges a cycle that a pause of the bench has ended early, before it is repeated. */
import type { ResolvedRig } from '../rig/resolved.js';
import type { CycleFacts, CycleState } from './cycle/cycleTypes.js';
import type { Session } from './session/session.js';
import { within } from './within.js';

/**
 * After a cycle that a pause of the bench ended early, once the session has started over: judges what the cut left on
 * the disks before the resync overwrites it, so that a repeated cycle hides no fault. Returns the facts with what was
 * found.
 * @throws when a step misses its deadline in the profile
 */
export async function judgeAndResync(
  session: Session,
  { campaign }: ResolvedRig,
  { facts, settings }: Pick<CycleState, 'facts' | 'settings'>,
): Promise<CycleFacts> {
  const { recover, judge, resync } = campaign.deadlinesMs;
  const { engine, clock } = session;
  const recovery = await within(clock, recover, 'recovery', engine.recover());
  const judged = await within(clock, judge, 'judging', engine.judge(settings.judge));
  const copied = await within(clock, resync, 'resync', engine.resync());
  const verified = await within(clock, judge, 'verifying', engine.verify(settings.verify));
  return { ...facts, recoveries: [...facts.recoveries, recovery], judge: judged, resync: copied, verify: verified };
}
