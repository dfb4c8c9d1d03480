/** What goes over the message port between the main thread and the worker. */
import type { HostPause } from '../../base/attendedTime.js';
import type { AreaFailure, ReplicationEngine, ReplicationSnapshot, PointEvent } from '../replicationEngine.js';

/** Commands that the worker performs one after the other. */
export type ReplicationCommand = Exclude<
  keyof ReplicationEngine,
  'stop' | 'sendPoint' | 'disarmPoint' | 'powerLost' | 'terminate' | 'unanswered'
>;

export type ToWorker = { type: 'command'; id: number; command: ReplicationCommand; args: unknown[] } | { type: 'poke' };

/** Errors lose their class over a port; name, code and context are carried along. */
export interface CarriedError {
  name: string;
  message: string;
  code?: string;
  context?: Record<string, unknown>;
  stack?: string;
}

export type FromWorker =
  | { type: 'result'; id: number; value: unknown }
  | { type: 'error'; id: number; error: CarriedError }
  | { type: 'snapshot'; snapshot: ReplicationSnapshot }
  | { type: 'failure'; failure: AreaFailure }
  | { type: 'point'; event: PointEvent }
  | { type: 'loadBegan' }
  | { type: 'standstill'; standstill: HostPause }
  | { type: 'powerLossTaken' };
