/** Options of a session, and the specification of its replication engine. */
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
  /** The I/O thread did not run for a while. */
  onPause?: (pause: HostPause) => void;
  /** Called at every switch of a rail. */
  onRail?: (rail: string, state: 'on' | 'off' | 'unknown') => void;
  /** Gets messages about slow steps while the rig is powered on. */
  onNote?: (text: string) => void;
  /** true ends the wait for devices that do not answer. */
  stopped?: () => boolean;
}

/** With the present paths: the lab keeps the path of each of its devices. */
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
