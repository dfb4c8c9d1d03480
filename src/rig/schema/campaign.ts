/** How often, when and what is cut, and what counts as too slow. */
import { z } from 'zod';
import { count, countOrNone, duration, durationOrNone, durationRange } from './fields.js';
import { railRef } from './words.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const cutSchema = z.strictObject({
  rails: z.array(railRef('Rail')).min(1).max(255).describe('Rails cut together.'),
  during: z.enum(['load', 'resync', 'recovery']).default('load').describe('What goes on when the plug is pulled.'),
  after: durationRange('The cut comes at a seeded time in this range after that began', { min: 0, max: HOUR_MS }).prefault(['200ms', '2s']),
});

const deadline = (about: string) => duration(about, { min: 1, max: DAY_MS });
const limit = (about: string) => durationOrNone(about, { min: 1, max: DAY_MS }).prefault('none');

export const campaignSchema = z.strictObject({
  cycles: count('Power cuts to make', { min: 1, max: 1_000_000 }).prefault(10),
  seed: count('Same seed, same writes and same cuts', { min: 0, max: Number.MAX_SAFE_INTEGER }).prefault(1),
  cuts: z.array(cutSchema).max(1024).optional().describe('Taken in turn; left out: each rail alone, during load.'),
  dark: duration('How long the power stays off', { min: 0, max: HOUR_MS }).prefault('2s'),
  prepare: z
    .enum(['stamp', 'compare'])
    .default('stamp')
    .describe('stamp: lay a base pattern on every sector first; compare: trust areas that are equal.'),
  deadlines: z
    .strictObject({
      cut: deadline('From the command to the first failed I/O').prefault('10s'),
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
      falseDirtyRegions: countOrNone('Clean regions marked dirty', { min: 0, max: Number.MAX_SAFE_INTEGER }).prefault('none'),
    })
    .prefault({})
    .describe('Beyond these the cycle fails.'),
});

export type CampaignProfile = z.output<typeof campaignSchema>;
