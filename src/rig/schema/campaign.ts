/** The campaign: its cycles, its cuts, deadlines and limits. */
import { z } from 'zod';
import { formatDuration } from '../units.js';
import { CUT_POINT_NAMES, CUT_POINTS, describeCutPoints } from '../cutPoints.js';
import { count, countOrNone, decimal, duration, durationOrNone, durationRange, refuse } from './fields.js';
import { passSchedule } from './passes.js';
import { railRef } from './words.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const DURING = ['load', 'resync', 'recovery'] as const;
const AFTER = { min: 0, max: HOUR_MS };
/** With `at`, the load must build up before the cut; resync and recovery reach their points by themselves. */
const AFTER_BY_TIME = { min: 200, max: 2000 };
const AFTER_BY_POINT = { load: AFTER_BY_TIME, resync: { min: 0, max: 0 }, recovery: { min: 0, max: 0 } };

const UNRESPONSIVE_MS = 2000;
/** Every region is read within a hundred cycles. */
const SCRUB_PERCENT = 1;

const cutSchema = z
  .strictObject({
    rails: z.array(railRef('Rail')).min(1).max(255).describe('Rails that are cut together; 1 to 255.'),
    during: z
      .enum(DURING)
      .optional()
      .describe('The phase in which the cut comes; load, resync or recovery; default: the phase of `at`, else load.'),
    after: durationRange(
      'Time from the start of that phase to the cut, drawn by seed; with `at`, the earliest time; default: 200ms to 2s, for a point of resync or recovery 0s',
      AFTER,
    ).optional(),
    at: z.enum(CUT_POINT_NAMES).optional().describe(describeCutPoints()),
  })
  .transform(({ rails, at, ...cut }, ctx) => {
    if (at === undefined) return { rails, during: cut.during ?? DURING[0], after: cut.after ?? AFTER_BY_TIME };
    const { during } = CUT_POINTS[at];
    if (cut.during !== undefined && cut.during !== during) {
      return refuse(ctx, `must be ${during}, the phase of ${at}`, `write ${during}, or delete during`, ['during']);
    }
    return { rails, during, after: cut.after ?? AFTER_BY_POINT[during], at };
  });

const deadline = (about: string) => duration(about, { min: 1, max: DAY_MS });
const limit = (about: string) => durationOrNone(about, { min: 1, max: DAY_MS }).prefault('none');

export const campaignSchema = z
  .strictObject({
    cycles: count('Number of power cuts', { min: 1, max: 1_000_000 }).prefault(10),
    seed: count('Seed of writes and cuts: the same seed gives the same ones', {
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
    }).prefault(1),
    cuts: z
      .array(cutSchema)
      .max(1024)
      .optional()
      .describe('The cuts, used in turn; default: each rail alone, during load.'),
    dark: duration('How long the power stays off, from the failure of the last area that the cut takes it from', {
      min: 0,
      max: HOUR_MS,
    }).prefault('2s'),
    silence: duration(
      'A device that does not answer a read for this time is unresponsive, which proves a cut like a failed read; choose far more than its slowest answer; default: 2s, at most half of deadlines.cut',
      { min: 1, max: HOUR_MS },
    ).optional(),
    prepare: z
      .enum(['stamp', 'compare', 'touched'])
      .default('stamp')
      .describe(
        'Before the first cycle; stamp (write a base pattern to every sector), compare (accept areas that are equal) or touched (before each load, write the regions that it may write and their neighbors, once; the rest is never read, and assumed to be equal).',
      ),
    judge: passSchedule(
      'What the judge reads in each cycle; full (every region), touched (regions written, copied or dirty since the last full pass, and their neighbors) or {fullEvery: N} (full in every Nth cycle and in the last one, else touched).',
    ).prefault('full'),
    verify: passSchedule('What the verify pass reads after the resync; as judge.').prefault('full'),
    scrub: decimal(
      'Percent of all regions that a touched judge pass reads in turn beyond the touched ones, so that nothing stays unread; default: 1 unless judge is full or prepare is touched',
      { min: 0, max: 100 },
    ).optional(),
    keepHistory: z
      .enum(['failures', 'all', 'none'])
      .default('failures')
      .describe(
        'The histories of writes that stay in the run directory; failures (of the cycles around one that did not pass, and the latest), all (of every cycle, without limit) or none (no verdict can be computed again from the directory).',
      ),
    deadlines: z
      .strictObject({
        cut: deadline('From the command to the first failed I/O').prefault('10s'),
        point: deadline('From the earliest time of a cut with `at` until the protocol gets there').prefault('10s'),
        return: deadline('From power on until the devices are back').prefault('2min'),
        recover: deadline('Recovery').prefault('2min'),
        judge: deadline('Judging').prefault('6h'),
        resync: deadline('Resync').prefault('6h'),
      })
      .prefault({})
      .describe('A cycle that exceeds one of these ends.'),
    limits: z
      .strictObject({
        recovery: limit('Recovery time'),
        resync: limit('Resync time'),
        falseDirtyRegions: countOrNone('Number of clean regions that recovery finds dirty', {
          min: 0,
          max: Number.MAX_SAFE_INTEGER,
        }).prefault('none'),
      })
      .prefault({})
      .describe('A cycle that exceeds one of these is FAIL.'),
  })
  .superRefine((campaign, ctx) => {
    const { deadlines } = campaign;
    if (campaign.silence !== undefined && campaign.silence >= deadlines.cut)
      refuse(
        ctx,
        `must be shorter than deadlines.cut (${formatDuration(deadlines.cut)}): later the bench waits no more`,
        'shorten it, or lengthen deadlines.cut',
        ['silence'],
      );
    if (campaign.prepare !== 'touched') return;
    for (const pass of ['judge', 'verify'] as const)
      if (campaign[pass].fullEvery !== null)
        refuse(
          ctx,
          'must be touched with prepare: touched: what was never written may differ between the areas',
          `write ${pass}: touched, or prepare: compare`,
          [pass],
        );
    if ((campaign.scrub ?? 0) > 0)
      refuse(
        ctx,
        'must be 0 with prepare: touched: what was never written may differ between the areas',
        'delete scrub, or write prepare: compare',
        ['scrub'],
      );
  })
  .transform((campaign) => ({
    ...campaign,
    scrub: campaign.scrub ?? (campaign.judge.fullEvery === 1 || campaign.prepare === 'touched' ? 0 : SCRUB_PERCENT),
    silence: campaign.silence ?? Math.min(UNRESPONSIVE_MS, campaign.deadlines.cut / 2),
  }));

export type CampaignProfile = z.output<typeof campaignSchema>;
