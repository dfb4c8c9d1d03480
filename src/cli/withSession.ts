/** What `resync` and `verify` share: a session on a rig as it is, ended whatever happens, and the first interrupt. */
import { systemClock } from '../campaign/clock.js';
import { CampaignError } from '../campaign/errors.js';
import { catchInterrupts, type Interrupts } from '../campaign/interrupts.js';
import { realHost } from '../campaign/realHost.js';
import type { RigLock } from '../campaign/rigLock.js';
import { newRunId } from '../campaign/runId.js';
import { Session } from '../campaign/session.js';
import type { ResolvedRig } from '../rig/resolved.js';
import { EXIT } from './exitCodes.js';
import { lockForCommand } from './lockForCommand.js';
import type { FfiName } from './options.js';

/** The engine is open when `action` gets the session. @throws CampaignError INTERRUPTED, HARDWARE_FAILED */
export async function withSession<T>(rig: ResolvedRig, ffi: FfiName, command: string, action: (session: Session) => Promise<T>): Promise<T> {
  const lock = lockForCommand(rig.name, command);
  const interrupts = catchInterrupts(() => process.exit(EXIT.interrupted));
  try {
    return await inSession(rig, ffi, lock, interrupts, action);
  } catch (error) {
    if (interrupts.requested) throw interrupted(command);
    throw error;
  } finally {
    interrupts.release();
    lock.release();
  }
}

async function inSession<T>(
  rig: ResolvedRig,
  ffi: FfiName,
  lock: RigLock,
  interrupts: Interrupts,
  action: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await Session.open({ rig, ffi, lab: 'require', keepLab: true, lock, runId: newRunId(), historyDir: null }, realHost, systemClock);
  try {
    const { engine } = session;
    interrupts.onFirst(() => void engine.stop().catch(() => undefined));
    await session.claim();
    const value = await action(session);
    if (interrupts.requested) throw interrupted('the command');
    return value;
  } finally {
    for (const trouble of await session.end()) process.stderr.write(`plugpull: ${trouble}\n`);
  }
}

function interrupted(command: string): CampaignError {
  return new CampaignError('INTERRUPTED', `${command} was interrupted; everything is released`);
}
