/**
 * After a cycle that ended half way because the bench stood still, and a session that was started over: judges what the
 * cut left on the disks before it is copied over. So a repeated cycle hides nothing.
 */
import type { ResolvedRig } from '../rig/resolved.js';
import type { CycleFacts } from './cycle/cycleTypes.js';
import type { Session } from './session/session.js';
import { within } from './within.js';

/** The facts with all that was found now. @throws what can't be had within the profile's deadlines */
export async function judgeAndResync(session: Session, { campaign }: ResolvedRig, facts: CycleFacts): Promise<CycleFacts> {
  const { recover, judge, resync } = campaign.deadlinesMs;
  const { engine, clock } = session;
  const recovery = await within(clock, recover, 'recovery', engine.recover());
  const judged = await within(clock, judge, 'judging', engine.judge());
  const copied = await within(clock, resync, 'resync', engine.resync());
  const verified = await within(clock, judge, 'verifying', engine.verify());
  return { ...facts, recoveries: [...facts.recoveries, recovery], judge: judged, resync: copied, verify: verified };
}
