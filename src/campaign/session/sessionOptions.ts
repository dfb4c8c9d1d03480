/** What a session is given, and what it tells the replication engine of that. */
import type { HostPause } from '../../base/attendedTime.js';
import type { ReplicationSnapshot, ReplicationSpec } from '../../replication/replicationEngine.js';
import { type ResolvedRig, rigUuid } from '../../rig/resolved.js';
import type { LabView } from './host.js';
import { placedDevice } from './places.js';
import type { RigLock } from './rigLock.js';

export interface SessionOptions {
  rig: ResolvedRig;
  ffi: 'koffi' | 'ffi-napi';
  /** `start`: the lab is started when it is not running; `require`: it must be. */
  lab: 'start' | 'require';
  keepLab: boolean;
  /** Held for the session, released with it. */
  lock: RigLock;
  runId: number;
  historyDir: string | null;
  onSnapshot?: (snapshot: ReplicationSnapshot) => void;
  /** The I/O thread stood still. */
  onPause?: (standstill: HostPause) => void;
  /** Told at every switch of a rail. */
  onRail?: (rail: string, state: 'on' | 'off' | 'unknown') => void;
  /** Told what takes its time while the rig is brought up. */
  onNote?: (text: string) => void;
  /** Ends the waiting for devices that do not come. */
  stopped?: () => boolean;
}

/** Paths as they are now: a device of the lab is where the lab keeps it. */
export function engineSpecOf(
  { rig, ffi, runId, historyDir, lock }: SessionOptions,
  lab: LabView | null,
): ReplicationSpec {
  return {
    rigUuid: rigUuid(rig),
    primary: placedDevice(rig.primary, rig, lab),
    secondary: placedDevice(rig.secondary, rig, lab),
    journal: placedDevice(rig.journal, rig, lab),
    tracking: rig.tracking,
    ffi,
    runId,
    historyDir,
    keepHistory: rig.campaign.keepHistory,
    lockFd: lock.fd,
  };
}
