/** The session of `resync` and `verify` on a rig, and the rig's lock. */
import { systemClock } from '../base/systemClock.js';
import { CampaignError } from '../campaign/errors.js';
import { realHost } from '../campaign/session/host.js';
import { type RigLock, describeRemains, lockRig } from '../campaign/session/rigLock.js';
import { newRunId } from '../campaign/record/runDirectory.js';
import { Session } from '../campaign/session/session.js';
import type { ResolvedRig } from '../rig/resolved.js';
import type { FfiName } from './options.js';
import { printError } from './output.js';
import { prepareWayOut, type WayOut } from './wayOut.js';

/** `action` gets an open replication engine. @throws CampaignError INTERRUPTED, HARDWARE_FAILED */
export async function withSession<T>(
  rig: ResolvedRig,
  ffi: FfiName,
  command: string,
  action: (session: Session) => Promise<T>,
): Promise<T> {
  const lock = lockForCommand(rig.name, command);
  const wayOut = prepareWayOut();
  try {
    const value = await inSession(rig, ffi, lock, wayOut, action);
    if (wayOut.interrupts.requested) throw interrupted(command);
    return value;
  } catch (error) {
    if (wayOut.interrupts.requested) throw interrupted(command, error);
    throw error;
  } finally {
    wayOut.release();
    lock.release();
  }
}

async function inSession<T>(
  rig: ResolvedRig,
  ffi: FfiName,
  lock: RigLock,
  wayOut: WayOut,
  action: (session: Session) => Promise<T>,
): Promise<T> {
  const { interrupts } = wayOut;
  const say = (text: string): void => void process.stderr.write(`plugpull: ${text}\n`);
  const session = await Session.open(
    {
      rig,
      ffi,
      lab: 'require',
      keepLab: true,
      lock,
      runId: newRunId(),
      historyDir: null,
      onNote: say,
      stopped: () => interrupts.requested,
    },
    realHost,
    systemClock,
  );
  wayOut.holds(session);
  try {
    const { engine } = session;
    interrupts.onFirst(() => void engine.stop().catch(() => undefined));
    await session.openDevices();
    return await action(session);
  } finally {
    const troubles = await session.end();
    troubles.forEach(say);
    if (interrupts.requested)
      say(troubles.length === 0 ? `${session.powerAtEnd}, devices released` : 'see the errors above');
  }
}

function interrupted(command: string, error?: unknown): CampaignError {
  return new CampaignError('INTERRUPTED', `${command} was interrupted`, {}, error);
}

/**
 * Locks the rig, and prints what an earlier command has left behind: the kernel may need until the power is on again.
 * @throws CampaignError RIG_BUSY
 */
export function lockForCommand(rigName: string, command: string): RigLock {
  const lock = lockRig(rigName, `plugpull ${command}`);
  const remains = lock.remains();
  if (remains.length > 0)
    process.stderr.write(`plugpull: ${describeRemains(rigName, remains)}; waiting for that with the power on\n`);
  return lock;
}

/**
 * After a campaign: names a lab that still runs, because it ran before (`lab up`, a killed bench) or by `--keep-lab`.
 * The command does not end a lab that it did not start: another user of it would lose the data of its virtual disks.
 */
export async function printRunningLab(rig: ResolvedRig): Promise<void> {
  if (rig.lab === null || (await realHost.labView(rig.name)) === null) return;
  printError(`plugpull: lab ${rig.name} is still running; to end it: plugpull lab down ${rig.file}`);
}
