/** Input and result of a campaign. */
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
  /** With the cycles and the seed of the command line. */
  rig: ResolvedRig;
  ffi: FfiName;
  keepLab: boolean;
  runId: number;
  historyDir: string;
  lock: RigLock;
  /** Each command goes out earlier by the measured latency; absent: at the time at which the cut is aimed. */
  calibration?: Calibration | null;
}

export interface CampaignDeps {
  host: Host;
  clock: Clock;
  interrupts: Interrupts;
  observers: readonly CampaignObserver[];
  /** Called once the session is open: the second interrupt restores the power through it. */
  onSession?: (session: Session) => void;
}

export interface CampaignResult {
  cycles: CycleRecord[];
  /** cycle -1: before the first one. */
  interrupted: { cycle: number; phase: CyclePhase | CampaignStep } | null;
  problem: CycleProblem | null;
  /** Steps of the end that failed, such as power that did not return. */
  troubles: string[];
}
