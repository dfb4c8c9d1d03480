/** What is written, and how it is tracked. */
import { z } from 'zod';
import { count, countOrUnlimited, countRange, decimal, duration, size, sizeRange } from './fields.js';

const KiB = 1024;
const MiB = 2 ** 20;
const GiB = 2 ** 30;
const HOUR_MS = 3_600_000;

export const regionSizeSchema = size('Bytes of a region, the unit of tracking', {
  min: 4 * KiB,
  max: GiB,
  powerOfTwo: true,
});

export const modeSchema = z
  .enum(['sync', 'async'])
  .describe('sync: the application is answered when both areas have it durably; async: when the primary has.');

export const trackingSchema = z.strictObject({
  acknowledge: z
    .enum(['durable', 'completed'])
    .default('durable')
    .describe('durable; completed is UNSAFE and kept to show that the judge catches it.'),
  linger: duration('How long evidence of an idle region stays', { min: 0, max: HOUR_MS }).prefault('5s'),
  hotRegions: count('Most regions whose evidence lingers', { min: 0, max: 1_048_576 }).prefault(1024),
  // A spun-down or failing-over array answers within a minute or not at all.
  ackTimeout: duration('Longest wait for an acknowledgement', { min: 1, max: 600_000 }).prefault('5s'),
  groupCommit: duration('How long evidence without a waiter may stay in an open log block', {
    min: 0,
    max: 10_000,
  }).prefault('2ms'),
  flushEvery: count('Completed writes after which an area is flushed', { min: 1, max: 1_048_576 }).prefault(64),
  flushInterval: duration('Longest time from a completed write to its flush', { min: 0.1, max: 60_000 }).prefault(
    '20ms',
  ),
});

/** Above, a batch would outgrow what devices take in one command, several times over. */
const WRITE_BYTES_MAX = 16 * MiB;

export const workloadSchema = z.strictObject({
  queueDepth: count('Updates in flight', { min: 1, max: 1024 }).prefault(32),
  transaction: z
    .strictObject({ writes: countRange('Writes in a transaction', { min: 1, max: 1024 }).prefault([1, 8]) })
    .prefault({})
    .describe('How writes are grouped.'),
  writeSize: sizeRange('Bytes of a write', { min: 4 * KiB, max: WRITE_BYTES_MAX, multipleOf: 4 * KiB }).prefault([
    '4KiB',
    '64KiB',
  ]),
  addresses: z
    .strictObject({
      pattern: z
        .enum(['skewed', 'uniform'])
        .default('skewed')
        .describe('skewed: some regions are written much more often.'),
      // Zipf's theta: 0 is uniform, 0.99 the usual benchmark's choice; beyond 1.2 one region takes nearly all.
      skew: decimal('How skewed', { min: 0, max: 1.2 }).prefault(0.9),
    })
    .prefault({})
    .describe('Where is written.'),
  rate: countOrUnlimited('Most writes a second; 0 is unlimited', { min: 0, max: 10_000_000 }).prefault('unlimited'),
});

export type TrackingProfile = z.output<typeof trackingSchema>;
export type WorkloadProfile = z.output<typeof workloadSchema>;
