/** What a campaign is given, and what comes of it. */
import type { Clock } from '../base/clock.js';
import type { FfiName } from '../blockdev/ffi/native.js';
import type { CycleRecord } from '../report/runRecord.js';
import type { ResolvedRig } from '../rig/resolved.js';
import type { Calibration } from './cycle/latencies.js';
import type { CyclePhase, CycleProblem } from './cycle/cycleTypes.js';
import type { CampaignObserver, CampaignStep } from './observer.js';
import type { Host } from './session/host.js';
import type { Interrupts } from './session/interrupts.js';
import type { RigLock } from './session/rigLock.js';
import type { Session } from './session/session.js';

export interface CampaignOptions {
  /** Already with the command line's cycles and seed in it. */
  rig: ResolvedRig;
  ffi: FfiName;
  keepLab: boolean;
  runId: number;
  historyDir: string;
  lock: RigLock;
  /** Leads each cut; absent: commands go out at the time that the cut is aimed at. */
  calibration?: Calibration | null;
}

export interface CampaignDeps {
  host: Host;
  clock: Clock;
  interrupts: Interrupts;
  observers: readonly CampaignObserver[];
  /** Told as soon as there is one: for who may have to restore power in a hurry. */
  onSession?: (session: Session) => void;
}

export interface CampaignResult {
  cycles: CycleRecord[];
  /** cycle -1: before the first one. */
  interrupted: { cycle: number; phase: CyclePhase | CampaignStep } | null;
  problem: CycleProblem | null;
  /** What could not be done on the way out. Power that did not come back is here. */
  troubles: string[];
}
