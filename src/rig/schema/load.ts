/** The workload, and how its writes are tracked. */
import { z } from 'zod';
import { count, countOrUnlimited, countRange, decimal, duration, size, sizeOrUnlimited, sizeRange } from './fields.js';

const KiB = 1024;
const MiB = 2 ** 20;
const GiB = 2 ** 30;
const TiB = 2 ** 40;
const HOUR_MS = 3_600_000;

export const regionSizeSchema = size('Bytes of a region, the unit of tracking and resync', {
  min: 4 * KiB,
  max: GiB,
  powerOfTwo: true,
});

export const modeSchema = z
  .enum(['sync', 'async'])
  .describe(
    'When the application gets its answer; sync (the write is durable on both areas) or async (on the primary).',
  );

export const trackingSchema = z.strictObject({
  acknowledge: z
    .enum(['durable', 'completed'])
    .default('durable')
    .describe('When an update is acknowledged; durable or completed (UNSAFE, to show that the judge finds it).'),
  linger: duration('How long evidence of an idle region stays in the log', { min: 0, max: HOUR_MS }).prefault('5s'),
  hotRegions: count('Largest number of idle regions whose evidence stays', { min: 0, max: 1_048_576 }).prefault(1024),
  // An array that spins up or fails over answers within a minute or not at all.
  ackTimeout: duration('Longest wait for an acknowledgement', { min: 1, max: 600_000 }).prefault('5s'),
  groupCommit: duration('How long records that no write waits for may stay in an open log block', {
    min: 0,
    max: 10_000,
  }).prefault('2ms'),
  flushEvery: count('Completed writes after which an area is flushed at the latest', {
    min: 1,
    max: 1_048_576,
  }).prefault(64),
  flushInterval: duration('Longest time from a completed write to its flush', { min: 0.1, max: 60_000 }).prefault(
    '20ms',
  ),
});

export const resyncSchema = z.strictObject({
  maxRate: sizeOrUnlimited('Largest rate of resync in bytes per second, on average over a few regions', {
    min: 4 * KiB,
    max: 1024 * GiB,
  }).prefault('unlimited'),
  // Below one percent a resync of a day would take three months.
  minShare: decimal(
    'Share of the time in which resync copies while the application writes, 1 is without regard for it',
    {
      min: 0.01,
      max: 1,
    },
  ).prefault(0.25),
});

/** A larger write would be split into many commands by every device. */
const WRITE_BYTES_MAX = 16 * MiB;

export const workloadSchema = z.strictObject({
  queueDepth: count('Number of updates in flight', { min: 1, max: 1024 }).prefault(32),
  transaction: z
    .strictObject({ writes: countRange('Number of writes in a transaction', { min: 1, max: 1024 }).prefault([1, 8]) })
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
        .describe('Distribution of addresses; skewed (some regions get many more writes) or uniform.'),
      // Zipf's theta: 0 is uniform, 0.99 is common in benchmarks; above 1.2 one region gets nearly all writes.
      skew: decimal("Zipf's theta of skewed, 0 is uniform", { min: 0, max: 1.2 }).prefault(0.9),
      within: size(
        'Bytes that the workload writes at all, in pieces of 1 MiB spread over the area by campaign.seed, the same ones in every cycle; default: the entire area',
        { min: MiB, max: 64 * TiB, multipleOf: 4 * KiB },
      ).optional(),
    })
    .prefault({})
    .describe('Where the workload writes.'),
  rate: countOrUnlimited('Largest number of writes per second, 0 is unlimited', { min: 0, max: 10_000_000 }).prefault(
    'unlimited',
  ),
});

export type TrackingProfile = z.output<typeof trackingSchema>;
export type ResyncProfile = z.output<typeof resyncSchema>;
export type WorkloadProfile = z.output<typeof workloadSchema>;
