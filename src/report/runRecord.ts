/**
 * The record of a campaign: `run.json` (one RunRecord) and `cycles.jsonl` (one CycleRecord per line). All reports are
 * made from these two. Unknown fields are ignored, so that an older plugpull reads the record of a newer one; a missing
 * or wrong field is an error that names its path.
 */
import { z } from 'zod';
import { AREA_NAMES, type AreaName, STORAGE_AREAS } from '../base/areas.js';
import type { InFlight, LoadReport, PointSubject } from '../replication/replicationEngine.js';
import type {
  AreaCounts,
  JudgeReport,
  PassCoverage,
  RecoveryReport,
  ResyncReport,
  VerifyReport,
} from '../judge/verdict/reports.js';
import type { ProofKind, Verdict } from '../judge/verdict/verdict.js';
import { runTimesSchema } from './runTimes.js';

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
      // Absent in records from before the class was kept, which listed only what a cut may leave.
      class: z.enum(['indicator-torn', 'indicator-rot']).default('indicator-torn'),
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

const areaCounts: z.ZodType<AreaCounts> = z.object({
  faults: z.record(z.string(), count),
  legal: z.record(z.string(), count),
  sectorsRead: count,
});

const coverage: z.ZodType<PassCoverage> = z.object({
  extent: z.enum(['full', 'touched']),
  regions: count,
  regionCount: count,
  scrubbedRegions: count,
  bytes: count,
  cycle: z.number().int().min(-1),
  lastFullCycle: z.number().int().min(-1).nullable(),
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
  areas: z.object({ primary: areaCounts, secondary: areaCounts }),
  coverage: coverage.optional(),
  durationMs: ms,
});

const resync: z.ZodType<ResyncReport> = z.object({
  regions: count,
  bytes: count,
  durationMs: ms,
  complete: z.boolean(),
  remainingRegions: count,
  secondsLeft: z.union([z.number(), z.literal('never')]).optional(),
});

const verify: z.ZodType<VerifyReport> = z.object({
  equal: z.boolean(),
  bytes: count,
  differingRegions: count,
  firstDifferenceBytes: count.nullable(),
  faults: z.object({ primary: z.record(z.string(), count), secondary: z.record(z.string(), count) }).optional(),
  coverage: coverage.optional(),
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
  costs: z
    .object({
      timings: z.object({
        updates: count,
        evidenceMs: ms,
        transferMs: ms,
        flushMs: ms,
        latencyMsP50: ms,
        latencyMsP99: ms,
        latencyMsP999: ms,
      }),
      journalBytes: count,
      flushes: z.object({ primary: count, secondary: count, journal: count }),
    })
    .optional(),
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
    /**
     * true: the protocol was halted at the point until the power was gone. false: `subject` was timed to be in flight.
     */
    held: z.boolean(),
    /** From the start of the work to the point. */
    intoMs: ms,
    /** From the point to the first failed I/O; null: none was seen. */
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
  /** That of the cut with the weakest proof. */
  proofOfCut: z.object({ kind: proofKind, detail: z.string() }),
  /** By rail: from the command to the first failed I/O. A rail is absent if the bench was paused between the two. */
  cutLatencyMs: z.record(z.string(), z.number()),
  /** The aim of the cut. Older records lack it. */
  aim: z
    .object({
      /** From the start of the work to the aim. */
      afterMs: ms,
      /** The command was sent this much before the aim. */
      leadMs: ms,
      /**
       * From the aim to the first failed I/O (negative: it came before the aim; null: none was seen). With a cut point:
       * from the named state, or from the time in which its I/O was in flight.
       */
      missedByMs: z.number().nullable(),
      /** I/O that the engine had in flight at the first failure. */
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
  /** The bench or its host was paused: `atMs` from the start of the cycle. Absent: it was not. */
  standstills: z.array(z.object({ atMs: ms, ms })).optional(),
  /** Earlier attempts that do not count because the bench was paused in them. Absent: none. */
  repeats: count.optional(),
  /**
   * The file in history/ with the records of the cycle's writes; null: none were kept. If `history` of run.json counts
   * the cycle as removed, the file no longer exists. Older records lack it.
   */
  history: z.string().nullable().optional(),
});
export type CycleRecord = z.infer<typeof cycleRecordSchema>;

export const runRecordSchema = z.object({
  schemaVersion: z.literal(RUN_SCHEMA_VERSION),
  /**
   * `running` until the run has written its last record, and therefore also after the bench was killed. Verdict, counts
   * and bound are then computed from cycles.jsonl. Older records lack it: they were written only at the end.
   */
  state: z.enum(['running', 'ended']).optional(),
  /** Version of plugpull. */
  plugpull: z.string(),
  rig: z.object({ name: z.string(), file: z.string() }),
  seed: count,
  runId: count,
  /** The command line that runs the same campaign again. */
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
  /** One-sided 95 % bound on the failure rate of a cycle. */
  failureRateUpperBound: z.number().min(0).max(1),
  /**
   * The records of every write, in history/: which ones the profile keeps, the files, and how many cycles' records were
   * removed. Older records lack it.
   */
  history: z
    .object({
      keep: z.enum(['failures', 'all', 'none']),
      files: z.array(z.object({ name: z.string(), bytes: count })),
      removedCycles: count,
      removedBytes: count,
    })
    .optional(),
  /** Where the time went. Older records lack it. */
  times: runTimesSchema.optional(),
  /** The operator ended the run; the record has the cycles before that. */
  interrupted: z.boolean(),
  /** Messages: why the campaign ended early without the operator, or what could not be restored. */
  troubles: z.array(z.string()),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

/** A run and its cycles, read from the run directory. */
export interface Run {
  run: RunRecord;
  cycles: CycleRecord[];
}
