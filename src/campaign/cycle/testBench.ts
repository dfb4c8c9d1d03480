/**
 * What the runner of a cycle needs from hardware and engine. `Session` implements it; tests have a fake.
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
  /** Switches all at once, as close together as the boards allow. Rejects when a board fails or is latched. */
  switchAndRecord(rails: readonly string[], state: 'on' | 'off'): Promise<SwitchRecord[]>;
  /** Tries every rail, even after one fails. */
  allOn(): Promise<void>;
}

export interface TestBench {
  clock: Clock;
  engine: ReplicationEngine;
  power: TestBenchPower;
  /**
   * Reads one block past every cache; null: it answered. After `unresponsiveAfterMs` without an answer the area counts
   * as unresponsive. Never rejects.
   */
  probe(area: AreaName, unresponsiveAfterMs?: number): Promise<DeviceSign | null>;
  /** Compares the identities of the devices with those before the first cut. */
  identify(): Promise<CycleProblem | null>;
  /** Changes of the disks' power counters between the last two `identify`; none where they can't be read. */
  counterChanges?(): readonly CounterChange[];
  /** Paths as they are now: a device may come back under another name. */
  engineSpec(): Promise<ReplicationSpec>;
  /** Failures of the engine's own I/O; returns what ends the subscription. */
  onFailure(listener: (failure: AreaFailure) => void): () => void;
  /** The first update of a load is in flight; returns what ends the subscription. */
  onLoadBegan(listener: () => void): () => void;
  /** The engine halts at an armed cut point, or goes on from it; returns what ends the subscription. */
  onPoint(listener: (event: PointEvent) => void): () => void;
}
