/**
 * What was measured of a rig's rails: how long from a command until the disks feel it. Kept as `calibration.json` in the
 * run directory of `relay calibrate`; a run that is given it leads its cuts by it. Pure, but for reading the file.
 *
 *   command ──cut latency──► first failed I/O        command ──return latency──► first good I/O
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CampaignError, textOf } from './errors.js';

export const CALIBRATION_FILE = 'calibration.json';
const CALIBRATION_BYTES_MAX = 2 ** 24;

const ms = z.number().min(0).max(86_400_000);
const distribution = z.object({
  /** Milliseconds, in the order measured. */
  samples: z.array(ms).max(100_000),
  min: ms,
  median: ms,
  p95: ms,
  max: ms,
});

const calibrationSchema = z.object({
  schemaVersion: z.literal(1),
  rig: z.string(),
  /** ISO 8601, UTC. */
  takenAt: z.string(),
  rails: z.record(
    z.string(),
    z.object({
      /** Command to first failed I/O. */
      cut: distribution,
      /** Command to first good I/O: contact, spin-up, enumeration. */
      return: distribution,
    }),
  ),
});

export type Distribution = z.infer<typeof distribution>;
export type Calibration = z.infer<typeof calibrationSchema>;

/** Nearest-rank percentiles. @throws RangeError without samples */
export function distributionOf(samples: readonly number[]): Distribution {
  if (samples.length === 0) throw new RangeError('a distribution needs at least one sample');
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = (p: number): number => sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
  return { samples: [...samples], min: sorted[0], median: rank(0.5), p95: rank(0.95), max: sorted[sorted.length - 1] };
}

/**
 * How long before its aim a cut of these rails must be commanded, so that the first of them is felt there: the shortest
 * of their medians. 0 where one of them was not measured.
 */
export function leadMsOf(calibration: Calibration | null, rails: readonly string[]): number {
  if (calibration === null || rails.length === 0) return 0;
  return Math.min(...rails.map((rail) => (Object.hasOwn(calibration.rails, rail) ? calibration.rails[rail].cut.median : 0)));
}

/** From a run directory or the file itself. @throws CampaignError CALIBRATION_INVALID; also when it is another rig's */
export function loadCalibration(path: string, rig: string): Calibration {
  const refuse = (why: string): CampaignError =>
    new CampaignError('CALIBRATION_INVALID', `${path}: ${why}; make one with: plugpull relay calibrate`, { path });
  let value: unknown;
  try {
    const file = statSync(path).isDirectory() ? join(path, CALIBRATION_FILE) : path;
    if (statSync(file).size > CALIBRATION_BYTES_MAX) throw refuse('larger than any calibration');
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw error instanceof CampaignError ? error : refuse(textOf(error));
  }
  const parsed = calibrationSchema.safeParse(value);
  if (!parsed.success) throw refuse(`no calibration: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  if (parsed.data.rig !== rig) throw refuse(`is of rig "${parsed.data.rig}", not of "${rig}"`);
  return parsed.data;
}
