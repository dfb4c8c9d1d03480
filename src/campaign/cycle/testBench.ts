/**
 * What the runner of a cycle needs of the world. The real one is `Session`; tests bring a fake.
 */
import type { AreaName } from '../../base/areas.js';
import type {
  AreaFailure,
  ReplicationEngine,
  ReplicationSpec,
  PointEvent,
} from '../../replication/replicationEngine.js';
import type { Clock } from '../../base/clock.js';

import type { CounterChange, CycleProblem, DeviceSign, SwitchRecord } from './cycleTypes.js';

export interface TestBenchPower {
  /** All at once, as close together as the boards allow. Rejects when a board fails or its latch is closed. */
  switchAndRecord(rails: readonly string[], state: 'on' | 'off'): Promise<SwitchRecord[]>;
  /** Every rail is tried, even when one fails. */
  allOn(): Promise<void>;
}

export interface TestBench {
  clock: Clock;
  engine: ReplicationEngine;
  power: TestBenchPower;
  /** Reads one block past every cache; null: it answered. Unanswered for `unresponsiveAfterMs`, it is silent. Never rejects. */
  probe(area: AreaName, unresponsiveAfterMs?: number): Promise<DeviceSign | null>;
  /** Compares what the devices say of themselves with what they said before the first cut. */
  identify(): Promise<CycleProblem | null>;
  /** What the disks counted between the last two `identify`; none where they can't be asked. */
  counterChanges?(): readonly CounterChange[];
  /** Paths as they are now: a device may come back under another name. */
  engineSpec(): Promise<ReplicationSpec>;
  /** Failures that the engine's own I/O meets; returns what ends the subscription. */
  onFailure(listener: (failure: AreaFailure) => void): () => void;
  /** The first update of a load is on its way; returns what ends the subscription. */
  onLoadBegan(listener: () => void): () => void;
  /** The engine has stopped at an armed cut point, or goes on from it; returns what ends the subscription. */
  onPoint(listener: (event: PointEvent) => void): () => void;
}
