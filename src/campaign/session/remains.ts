/** What a command that has ended left behind: I/O that the kernel still waits for. */
import { delay, type Clock } from '../../base/clock.js';
import type { ResolvedRig } from '../../rig/resolved.js';
import { CampaignError } from '../errors.js';
import { describeRemains, type RigLock } from './rigLock.js';

/** How often the kernel is asked whether it has let go of the devices. */
const REMAINS_EVERY_MS = 100;

/**
 * That command passed the gate with these devices, and only power may end its I/O, so `powerOn` is called before anything
 * else is looked at: a read of ours on such a device would keep this process as well. @throws CampaignError DEVICE_BUSY
 */
export async function awaitRemains(
  rig: ResolvedRig,
  lock: RigLock,
  clock: Clock,
  powerOn: () => Promise<void>,
): Promise<void> {
  if (lock.remains().length === 0) return;
  await powerOn();
  const untilMs = clock.nowMs() + rig.campaign.deadlinesMs.return;
  for (let remains = lock.remains(); remains.length > 0; remains = lock.remains()) {
    if (clock.nowMs() >= untilMs)
      throw new CampaignError('DEVICE_BUSY', describeRemains(rig.name, remains), { remains });
    await delay(clock, REMAINS_EVERY_MS);
  }
}
