/** A replication engine that does no I/O: the bench must prove a cut by its own reads. */
import type { ReplicationEvents, ReplicationEngine } from '../../src/replication/replicationEngine.js';
import * as reports from './reports.js';

export function idleEngine(events: ReplicationEvents): ReplicationEngine {
  let endLoad = (): void => undefined;
  return {
    open: async () => reports.opened(),
    format: async () => undefined,
    prepare: async () => ({ bytes: 0, durationMs: 0 }),
    prepareWorkingSet: async () => ({ bytes: 0, durationMs: 0 }),
    recover: async () => reports.recovery(),
    load: () =>
      new Promise((resolve) => {
        endLoad = () => resolve(reports.load());
        events.onLoadBegan?.();
      }),
    resync: async () => reports.resync(),
    judge: async () => reports.judge(),
    verify: async () => reports.verify(),
    repair: async () => reports.resync(),
    stop: async () => endLoad(),
    sendPoint: async () => undefined,
    disarmPoint: async () => undefined,
    powerLost: async () => undefined,
    abandon: async () => undefined,
    close: async () => undefined,
    terminate: async () => undefined,
  };
}
