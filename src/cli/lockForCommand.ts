/** The rig's lock, and a word on what a command before has left: the kernel may take as long as the power needs to return. */
import { describeRemains, lockRig, type RigLock } from '../campaign/session/rigLock.js';

/** @throws CampaignError RIG_BUSY */
export function lockForCommand(rigName: string, command: string): RigLock {
  const lock = lockRig(rigName, `plugpull ${command}`);
  const remains = lock.remains();
  if (remains.length > 0)
    process.stderr.write(`plugpull: ${describeRemains(rigName, remains)}; waiting for that with the power on\n`);
  return lock;
}
