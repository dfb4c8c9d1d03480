/**
 * What a campaign leaves behind, whole or not: `run.json` (one RunRecord) and `cycles.jsonl` (one CycleRecord a line). Everything a
 * report shows is made of these two. Reading is tolerant of unknown fields, so that an older plugpull shows a newer
 * run; a missing or wrong field is refused with its path.
 */
import { z } from 'zod';
import { AREA_NAMES, type AreaName, STORAGE_AREAS } from '../base/areas.js';
import type { InFlight, LoadReport, PointSubject } from '../replication/replicationEngine.js';
import type {
  AreaJudgement,
  JudgeReport,
  RecoveryReport,
  ResyncReport,
  VerifyReport,
} from '../judge/verdict/reports.js';
import type { ProofKind, Verdict } from '../judge/verdict/verdict.js';

export const RUN_SCHEMA_VERSION = 1;

const count = z.number().int().nonnegative();
const ms = z.number().nonnegative();
const verdict: z.ZodType<Verdict> = z.enum(['PASS', 'FAIL', 'INVALID']);
const proofKind: z.ZodType<ProofKind> = z.enum(['none', 'echo', 'read-back', 'device']);
const areaName: z.ZodType<AreaName> = z.enum(AREA_NAMES);

const reason = z.object({
  code: z.string(),
  rule: z.string(),
  text: z.string(),
});

const recovery: z.ZodType<RecoveryReport> = z.object({
  regionCount: count,
  dirtyRegions: count,
  fromIndicatorArea: count,
  fromLog: count,
  everythingDirty: z.boolean(),
  findings: z.array(
    z.object({
      where: z.enum(['superblock', 'log', 'indicator-area']),
      blockIndex: count,
      blocks: count.optional(),
      problem: z.string(),
      effect: z.enum(['ignored', 'region-range-dirty', 'everything-dirty', 'repaired']),
      class: z.enum(['indicator-torn', 'indicator-rot']).optional(),
    }),
  ),
  unlisted: z
    .array(
      z.object({
        where: z.enum(['superblock', 'log', 'indicator-area']),
        class: z.enum(['indicator-torn', 'indicator-rot']),
        count,
      }),
    )
    .optional(),
  durationMs: ms,
});

const areaJudgement: z.ZodType<AreaJudgement> = z.object({
  faults: z.record(z.string(), count),
  legal: z.record(z.string(), count),
  sectorsRead: count,
});

const judge: z.ZodType<JudgeReport> = z.object({
  lostIndicators: count,
  lostIndicatorRegions: z.array(count),
  differingRegions: count,
  dirtyRegions: count,
  falseDirtyRegions: count,
  lostAcknowledgedSectors: count,
  samples: z.array(
    z.object({
      area: z.enum(STORAGE_AREAS),
      lba: count,
      class: z.string(),
      expected: z.string(),
      found: z.string(),
    }),
  ),
  areas: z.object({ primary: areaJudgement, secondary: areaJudgement }),
  durationMs: ms,
});

const resync: z.ZodType<ResyncReport> = z.object({
  regions: count,
  bytes: count,
  durationMs: ms,
  complete: z.boolean(),
  remainingRegions: count,
});

const verify: z.ZodType<VerifyReport> = z.object({
  equal: z.boolean(),
  bytes: count,
  differingRegions: count,
  firstDifferenceBytes: count.nullable(),
  faults: z.object({ primary: z.record(z.string(), count), secondary: z.record(z.string(), count) }).optional(),
  durationMs: ms,
});

const load: z.ZodType<LoadReport> = z.object({
  updatesIssued: count,
  updatesAcknowledged: count,
  updatesAnswered: count,
  updatesRefused: count,
  updatesGivenUp: count,
  writtenBytes: count,
  durationMs: ms,
});

const ioKind = z.enum(['write', 'copy-read', 'copy-write', 'flush', 'log', 'page']);
const inFlight: z.ZodType<InFlight> = z.partialRecord(z.enum(AREA_NAMES), z.partialRecord(ioKind, count));
const subject: z.ZodType<PointSubject> = z.object({
  kind: ioKind,
  area: areaName,
  updateId: count,
  offsetBytes: count,
  lengthBytes: count,
});

const pointAim = z.discriminatedUnion('reached', [
  z.object({ name: z.string(), reached: z.literal(false) }),
  z.object({
    name: z.string(),
    reached: z.literal(true),
    /** The protocol stood in the state until the power was gone; otherwise `subject` was sent to be on its way just then. */
    held: z.boolean(),
    /** From the work's beginning to the point. */
    intoMs: ms,
    /** From there to the first failed I/O; null: none was seen. */
    stoodMs: ms.nullable(),
    subject,
  }),
]);
export type PointAim = z.infer<typeof pointAim>;

export const cycleRecordSchema = z.object({
  /** 0-based. */
  index: count,
  seed: count,
  /** Rails that were cut. */
  rails: z.array(z.string()),
  during: z.enum(['load', 'resync', 'recovery']),
  verdict,
  reasons: z.array(reason),
  /** The weakest of the cycle's cuts. */
  proofOfCut: z.object({ kind: proofKind, detail: z.string() }),
  /** By rail: from the command to the first failed I/O. None where the bench stood still between the two. */
  cutLatencyMs: z.record(z.string(), z.number()),
  /**
   * Where the cut was aimed (after its work began), how much earlier its command went out, and how far from the aim the
   * first failed I/O came (later is positive; null: none was seen). Aimed at a point: how far from the state named, or
   * from the time that its I/O was on its way. `inFlight`: what the engine had on its way at that failure. Absent in
   * records of before it was kept.
   */
  aim: z
    .object({
      afterMs: ms,
      leadMs: ms,
      missedByMs: z.number().nullable(),
      inFlight: inFlight.optional(),
      point: pointAim.optional(),
    })
    .nullable()
    .optional(),
  /** From the last command to the return of power; null: not known. */
  outageMs: z.number().nullable(),
  recovery: recovery.nullable(),
  judge: judge.nullable(),
  resync: resync.nullable(),
  verify: verify.nullable(),
  load: load.nullable(),
  /** The bench stood still (stopped, or its host was): `atMs` from the cycle's beginning. Absent: it did not. */
  standstills: z.array(z.object({ atMs: ms, ms })).optional(),
  /** Attempts before this one that did not count, because the bench stood still in them. Absent: none. */
  repeats: count.optional(),
  /**
   * The file below history/ that has the records of the cycle's writes, null: none were kept. The file is gone once
   * run.json's `history` counts it among the removed. Absent in records of before it was kept.
   */
  history: z.string().nullable().optional(),
});
export type CycleRecord = z.infer<typeof cycleRecordSchema>;

export const runRecordSchema = z.object({
  schemaVersion: z.literal(RUN_SCHEMA_VERSION),
  /**
   * `running` from before the devices are opened until the run has written its last record; so it stays when the bench
   * was killed. What depends on the cycles (verdict, counts, bound) is then taken from cycles.jsonl. Absent in records of
   * before it was kept, which were written at the end alone.
   */
  state: z.enum(['running', 'ended']).optional(),
  /** Version of plugpull that made it. */
  plugpull: z.string(),
  rig: z.object({ name: z.string(), file: z.string() }),
  seed: count,
  runId: count,
  /** A command line that runs the same campaign again. */
  replay: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  host: z.object({
    kernel: z.string(),
    node: z.string(),
    cpus: count,
    memoryBytes: count,
    io: z.enum(['io_uring', 'threads']).nullable(),
    ffi: z.enum(['koffi', 'ffi-napi']),
  }),
  devices: z.array(
    z.object({
      area: areaName,
      path: z.string(),
      sizeBytes: count,
      logicalBlockBytes: count,
      writeCache: z.enum(['write-back', 'write-through', 'unknown']),
      model: z.string().nullable(),
      serial: z.string().nullable(),
      wwn: z.string().nullable(),
      backingFile: z.string().nullable(),
    }),
  ),
  cyclesPlanned: count,
  verdict,
  counts: z.object({ PASS: count, FAIL: count, INVALID: count }),
  /** One-sided 95 % bound on the chance that a cycle fails. */
  failureRateUpperBound: z.number().min(0).max(1),
  /**
   * Records of every write, below history/: which the profile keeps, which files are there, and of how many cycles they
   * were removed. Absent in runs of before it was kept.
   */
  history: z
    .object({
      keep: z.enum(['failures', 'all', 'none']),
      files: z.array(z.object({ name: z.string(), bytes: count })),
      removedCycles: count,
      removedBytes: count,
    })
    .optional(),
  /** The operator ended it; the cycles are those before. */
  interrupted: z.boolean(),
  /** What ended the campaign early other than the operator, or could not be put back; for people. */
  troubles: z.array(z.string()),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

/** A run and its cycles, as read from its directory. */
export interface Run {
  run: RunRecord;
  cycles: CycleRecord[];
}
