/** How often, when and what is cut, and what counts as too slow. */
import { z } from 'zod';
import { formatDuration } from '../units.js';
import { CUT_POINT_NAMES, CUT_POINTS, describeCutPoints } from '../cutPoints.js';
import { count, countOrNone, duration, durationOrNone, durationRange, refuse } from './fields.js';
import { railRef } from './words.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const DURING = ['load', 'resync', 'recovery'] as const;
const AFTER = { min: 0, max: HOUR_MS };
/** A point comes by itself: only load has to build up before it. */
const AFTER_BY_TIME = { min: 200, max: 2000 };
const AFTER_BY_POINT = { load: AFTER_BY_TIME, resync: { min: 0, max: 0 }, recovery: { min: 0, max: 0 } };

const SILENCE_MS = 2000;

const cutSchema = z
  .strictObject({
    rails: z.array(railRef('Rail')).min(1).max(255).describe('Rails cut together.'),
    during: z
      .enum(DURING)
      .optional()
      .describe('What goes on when the plug is pulled; default: load, or what `at` belongs to.'),
    after: durationRange(
      'The cut comes at a seeded time in this range after that began; with `at`, not before it; default: 200ms to 2s, for a point of resync or recovery at once',
      AFTER,
    ).optional(),
    at: z.enum(CUT_POINT_NAMES).optional().describe(describeCutPoints()),
  })
  .transform(({ rails, at, ...cut }, ctx) => {
    if (at === undefined) return { rails, during: cut.during ?? DURING[0], after: cut.after ?? AFTER_BY_TIME };
    const { during } = CUT_POINTS[at];
    if (cut.during !== undefined && cut.during !== during) {
      return refuse(ctx, `must be ${during}: ${at} is a moment of it`, `write ${during} or delete it`, ['during']);
    }
    return { rails, during, after: cut.after ?? AFTER_BY_POINT[during], at };
  });

const deadline = (about: string) => duration(about, { min: 1, max: DAY_MS });
const limit = (about: string) => durationOrNone(about, { min: 1, max: DAY_MS }).prefault('none');

export const campaignSchema = z
  .strictObject({
    cycles: count('Power cuts to make', { min: 1, max: 1_000_000 }).prefault(10),
    seed: count('Same seed, same writes and same cuts', { min: 0, max: Number.MAX_SAFE_INTEGER }).prefault(1),
    cuts: z.array(cutSchema).max(1024).optional().describe('Taken in turn; left out: each rail alone, during load.'),
    dark: duration('How long the power stays off', { min: 0, max: HOUR_MS }).prefault('2s'),
    silence: duration(
      'A device that leaves a read unanswered for so long has fallen silent, which proves a cut as a failure does; far more than its slowest answer; default: 2s, at most half of deadlines.cut',
      { min: 1, max: HOUR_MS },
    ).optional(),
    prepare: z
      .enum(['stamp', 'compare'])
      .default('stamp')
      .describe('stamp: lay a base pattern on every sector first; compare: trust areas that are equal.'),
    keepHistory: z
      .enum(['failures', 'all', 'none'])
      .default('failures')
      .describe(
        'Which of the records of every write stay in the run directory. failures: those of the cycles around one that did not pass, and the latest; all: every cycle, without bound; none: no record is written, and a verdict can not be made again from the directory.',
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
      .describe('Beyond these the cycle is given up.'),
    limits: z
      .strictObject({
        recovery: limit('Recovery time'),
        resync: limit('Resync time'),
        falseDirtyRegions: countOrNone('Clean regions marked dirty', { min: 0, max: Number.MAX_SAFE_INTEGER }).prefault(
          'none',
        ),
      })
      .prefault({})
      .describe('Beyond these the cycle fails.'),
  })
  .superRefine(({ silence, deadlines }, ctx) => {
    if (silence !== undefined && silence >= deadlines.cut)
      refuse(
        ctx,
        `must be shorter than deadlines.cut (${formatDuration(deadlines.cut)}): silence is noticed by then, or never`,
        'shorten it, or lengthen deadlines.cut',
        ['silence'],
      );
  })
  .transform((campaign) => ({
    ...campaign,
    silence: campaign.silence ?? Math.min(SILENCE_MS, campaign.deadlines.cut / 2),
  }));

export type CampaignProfile = z.output<typeof campaignSchema>;
