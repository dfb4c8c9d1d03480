/**
 * A resolved rig, which all commands use: the profile after checks, defaults and unit conversion, and its UUID. Sizes
 * are in bytes, times in milliseconds.
 */

import type { DeviceRef } from '../blockdev/blockDevice.js';
import type { LabSpec } from '../lab/spec.js';
import type { BoardRef, RailSpec } from '../power/spec.js';
import type { CutPoint } from '../replication/cutpoint/cutPoint.js';
import type { JournalRef, KeepHistory, TrackingSpec } from '../replication/replicationEngine.js';
import type { WorkloadSpec } from '../workload/workload.js';
import type { PassSchedule } from './schema/passes.js';
import { createHash } from 'node:crypto';
import { AREA_NAMES } from '../base/areas.js';

export interface CutSpec {
  rails: string[];
  during: 'load' | 'resync' | 'recovery';
  /** The cut comes at a seeded uniform time in this range after the phase began; with `at`: not before that time. */
  afterMs: { min: number; max: number };
  /** The cut comes when the protocol reaches this point; absent: at the time of `afterMs`. */
  at?: CutPoint;
}

export interface CampaignSpec {
  cycles: number;
  seed: number;
  /** Cycle i uses cuts[i % cuts.length]. */
  cuts: CutSpec[];
  darkMs: number;
  /** After this time without an answer to a read the device is unresponsive. */
  silenceMs: number;
  /**
   * `stamp` first writes a base pattern to every sector of both areas; `compare` accepts areas that are equal;
   * `touched` writes before each load the regions that it may write, and assumes that the rest is equal.
   */
  prepare: 'stamp' | 'compare' | 'touched';
  judge: PassSchedule;
  verify: PassSchedule;
  /** Share of all regions that a judge pass over the touched regions reads beyond those. */
  scrubPercent: number;
  keepHistory: KeepHistory;
  deadlinesMs: { cut: number; point: number; return: number; recover: number; judge: number; resync: number };
  /** A cycle that exceeds a limit is FAIL; null: no limit. */
  limits: { recoveryMs: number | null; resyncMs: number | null; falseDirtyRegions: number | null };
}

/** A setting that is allowed, but is probably a mistake. */
export interface RigWarning {
  /** As in the profile: `rails.P`. */
  field: string;
  text: string;
}

export interface ResolvedRig {
  schemaVersion: 1;
  /** The file of the profile; for messages. */
  file: string;
  name: string;
  primary: DeviceRef;
  secondary: DeviceRef;
  journal: JournalRef;
  tracking: TrackingSpec;
  workload: WorkloadSpec;
  boards: BoardRef[];
  /** The profile's own board descriptions, as in src/power/boardType.ts. */
  boardTypes: Record<string, unknown>;
  rails: RailSpec[];
  campaign: CampaignSpec;
  lab: LabSpec | null;
  warnings: RigWarning[];
}

/** Namespace of rig UUIDs, a random UUID. It must never change: every journal on disk contains a UUID made from it. */
const NAMESPACE = '6f1d9a5e-3b8c-4c27-9d40-52e7a1b6f083';

type Identified = Pick<ResolvedRig, 'name' | 'primary' | 'secondary' | 'journal'>;

/**
 * The fields of the profile that the UUID depends on; sizes in bytes. A field that the profile does not give is absent.
 */
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

/**
 * The rig's UUID, in every block of its journal: a journal of another rig is refused. It depends on the name and the
 * devices only, so it is the same on every host. Version 5 (RFC 9562, 5.5): SHA-1 of namespace and name.
 */
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
