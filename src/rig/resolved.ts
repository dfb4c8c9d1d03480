/**
 * A rig profile after validation and unit conversion: what every command works from. Sizes in bytes, times in
 * milliseconds, one object per thing on the bench. Written to the run directory as `rig.yaml`.
 */

import type { DeviceRef } from '../blockdev/blockDevice.js';
import type { LabSpec } from '../lab/spec.js';
import type { BoardRef, RailSpec } from '../power/spec.js';
import type { CutPoint } from '../replication/cutpoint/cutPoint.js';
import type { JournalRef, KeepHistory, TrackingSpec } from '../replication/replicationEngine.js';
import type { WorkloadSpec } from '../workload/workload.js';
import { createHash } from 'node:crypto';
import { AREA_NAMES } from '../base/areas.js';

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

/** (MERGED)
 * The rig's UUID: in every block of its journal, so that a journal of another rig is never believed. The same name and
 * the same devices give the same UUID on every host; nothing else of the profile enters it.
 */

/** Namespace of rigs, a random UUID fixed for good: another one would orphan every journal on disk. */
const NAMESPACE = '6f1d9a5e-3b8c-4c27-9d40-52e7a1b6f083';

type Identified = Pick<ResolvedRig, 'name' | 'primary' | 'secondary' | 'journal'>;

/** What the UUID follows, by field of the profile; sizes in bytes. What is left out is absent. */
export function rigFields(rig: Identified): Record<string, string | number> {
  const fields: Record<string, string | number> = { name: rig.name };
  for (const area of AREA_NAMES) {
    const [device, serial, wwn, backingFile, size] = reference(rig[area]);
    for (const [field, value] of Object.entries({ device, serial, wwn, backingFile, size })) {
      if (value !== null) fields[`${area}.${field}`] = value;
    }
  }
  return fields;
}

/** Version 5 (RFC 9562, 5.5): SHA-1 of namespace and name. */
export function rigUuid(rig: Identified): string {
  const name = JSON.stringify([rig.name, reference(rig.primary), reference(rig.secondary), reference(rig.journal)]);
  const hash = createHash('sha1')
    .update(Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest();
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function reference(d: DeviceRef): (string | number | null)[] {
  return [d.device, d.serial ?? null, d.wwn ?? null, d.backingFile ?? null, d.sizeBytes ?? null];
}
