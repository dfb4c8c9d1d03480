/**
 * A rig profile after validation and unit conversion: what every command works from. Sizes in bytes, times in
 * milliseconds, one object per thing on the bench. Written to the run directory as `rig.yaml`.
 */
import type { DeviceRef } from '../blockdev/deviceRef.js';
import type { LabSpec } from '../lab/spec.js';
import type { BoardRef, RailSpec } from '../power/spec.js';
import type { CutPoint } from '../replication/cutpoint/cutPoint.js';
import type { JournalRef, KeepHistory, TrackingSpec } from '../replication/spec.js';
import type { WorkloadSpec } from '../workload/workload.js';

export interface CutSpec {
  rails: string[];
  during: 'load' | 'resync' | 'recovery';
  /** The cut comes at a seeded uniform time in this range after the phase began; with `at`: not before it. */
  afterMs: { min: number; max: number };
  /** The cut comes when the protocol gets here; absent: at that time, wherever the protocol is. */
  at?: CutPoint;
}

export interface CampaignSpec {
  cycles: number;
  seed: number;
  /** Cycle i uses cuts[i % cuts.length]. */
  cuts: CutSpec[];
  darkMs: number;
  /** A read unanswered for so long is silence. */
  silenceMs: number;
  /** `stamp` lays a base pattern on every sector of both areas first; `compare` trusts equal areas. */
  prepare: 'stamp' | 'compare';
  keepHistory: KeepHistory;
  deadlinesMs: { cut: number; point: number; return: number; recover: number; judge: number; resync: number };
  /** FAIL beyond these; null = no limit. */
  limits: { recoveryMs: number | null; resyncMs: number | null; falseDirtyRegions: number | null };
}

/** Allowed, but probably not what was meant. */
export interface RigWarning {
  /** As in the profile: `rails.P`. */
  field: string;
  text: string;
}

export interface ResolvedRig {
  schemaVersion: 1;
  /** File it came from; for messages. */
  file: string;
  name: string;
  primary: DeviceRef;
  secondary: DeviceRef;
  journal: JournalRef;
  tracking: TrackingSpec;
  workload: WorkloadSpec;
  boards: BoardRef[];
  /** Board descriptions of the user's own, in the language of src/power/. */
  boardTypes: Record<string, unknown>;
  rails: RailSpec[];
  campaign: CampaignSpec;
  lab: LabSpec | null;
  warnings: RigWarning[];
}
