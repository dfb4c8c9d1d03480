/** A calibration as `calibration.json` in the run directory of `relay calibrate`. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Calibration } from '../cycle/calibration.js';
import { CampaignError, textOf } from '../errors.js';

export const CALIBRATION_FILE = 'calibration.json';
const CALIBRATION_BYTES_MAX = 2 ** 24;

const ms = z.number().min(0).max(86_400_000);
const distribution = z.object({
  samples: z.array(ms).max(100_000),
  min: ms,
  median: ms,
  p95: ms,
  max: ms,
});

const calibrationSchema: z.ZodType<Calibration> = z.object({
  schemaVersion: z.literal(1),
  rig: z.string(),
  takenAt: z.string(),
  rails: z.record(
    z.string(),
    z.object({
      cut: distribution,
      return: distribution,
    }),
  ),
});

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
